/** Wrong use of the command line, for which the exit status is 2. */
export class UsageError extends Error {}

/** The user stopped the work and may go on with it, for which the exit status is 130. */
export class StoppedError extends Error {}
