/** Work of which only the newest result counts. */

/**
 * Makes the result of a choice. Another choice aborts the work on the first one at once.
 * @template Choice, Result
 */
export class Lane {
  #work;
  #onEnd;
  /** @type {{ choice: Choice, controller: AbortController } | undefined} */
  #running;
  /** @type {{ choice: Choice, result: Result } | undefined} */
  #made;

  /**
   * @param {(choice: Choice, signal: AbortSignal) => Promise<Result>} work
   * @param {object} onEnd
   * @param {(result: Result, before: Result | undefined) => void} onEnd.onMade
   * @param {(error: unknown, choice: Choice) => void} onEnd.onFail
   * @param {(result: Result) => void} [onEnd.onLate] gets a result that no one wants any more
   */
  constructor(work, onEnd) {
    this.#work = work;
    this.#onEnd = onEnd;
  }

  /** The choice whose result is being made. */
  get running() {
    return this.#running?.choice;
  }

  /** @param {Choice | undefined} choice */
  want(choice) {
    if (this.#running ? this.#running.choice === choice : this.#made?.choice === choice) return;
    this.#running?.controller.abort();
    this.#running = undefined;
    if (choice !== undefined && this.#made?.choice !== choice) void this.#make(choice);
  }

  /**
   * The result of a choice, if it was made.
   * @param {Choice | undefined} choice
   */
  get(choice) {
    return this.#made && this.#made.choice === choice ? this.#made.result : undefined;
  }

  /**
   * Puts back a result of before.
   * @param {Choice} choice
   * @param {Result} result
   * @returns {Result | undefined} the one that it replaces
   */
  restore(choice, result) {
    const replaced = this.#made?.result;
    this.#made = { choice, result };
    return replaced;
  }

  /** @param {Choice} choice */
  async #make(choice) {
    const mine = { choice, controller: new AbortController() };
    this.#running = mine;
    try {
      const result = await this.#work(choice, mine.controller.signal);
      if (this.#running !== mine) return this.#onEnd.onLate?.(result);
      const before = this.#made?.result;
      this.#made = { choice, result };
      this.#running = undefined;
      this.#onEnd.onMade(result, before);
    } catch (error) {
      if (this.#running !== mine) return;
      this.#running = undefined;
      this.#onEnd.onFail(error, choice);
    }
  }
}
