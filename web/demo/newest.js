/**
 * Does one piece of work at a time. Changes that come during the work are collected for the next.
 */

/**
 * A queue with at most one waiting request. It collects all changes since the running request
 * began, and later changes win over earlier ones. When a user runs through a list with the arrow
 * keys, the page shows as many results as the machine can make, and always the last one.
 * @template {object} Changes
 * @param {(changes: Changes, signal: AbortSignal) => Promise<void>} work must not reject
 * @param {object} rules
 * @param {(running: Changes, next: Changes) => boolean} rules.supersedes whether `next` makes the
 *   result of `running` useless. The running work is aborted then
 * @param {() => void} rules.onIdle called when no work is left
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
    /** Aborts the running work, and forgets the waiting changes. */
    cancel() {
      waiting = undefined;
      running?.controller.abort();
    },
  };
}
