/** Wrong use of the command line, for which the exit status is 2. */
export class UsageError extends Error {}
