/** One piece of work at a time; what is asked meanwhile is gathered and done next, the newest first. */

/**
 * A queue that holds at most one waiting request: the changes asked for since the running one
 * began, later ones over earlier ones. So a list that is run through with the arrow keys shows as
 * many results as the machine can make, and always the last.
 * @template {object} Changes
 * @param {(changes: Changes, signal: AbortSignal) => Promise<void>} work must not reject
 * @param {object} rules
 * @param {(running: Changes, next: Changes) => boolean} rules.supersedes whether `next` makes the
 *   result of `running` worthless, so that it is aborted
 * @param {() => void} rules.onIdle nothing runs or waits any more
 */
export function newestOnly(work, { supersedes, onIdle }) {
  /** @type {{ changes: Changes, controller: AbortController } | undefined} */
  let running;
  /** @type {Changes | undefined} */
  let waiting;

  async function workOff() {
    while (waiting) {
      running = { changes: waiting, controller: new AbortController() };
      waiting = undefined;
      await work(running.changes, running.controller.signal);
    }
    running = undefined;
    onIdle();
  }

  return {
    /** @param {Changes} changes */
    ask(changes) {
      waiting = { ...waiting, ...changes };
      if (!running) void workOff();
      else if (supersedes(running.changes, waiting)) running.controller.abort();
    },
    /** Gives up what runs and what waits. */
    cancel() {
      waiting = undefined;
      running?.controller.abort();
    },
  };
}
