/** Standard output takes no more, because its reader is gone or a disk is full. */
export class OutputError extends Error {
  /** @param {NodeJS.ErrnoException} cause */
  constructor(cause) {
    const [reason] = cause.message.split(',');
    super(`cannot write to standard output: ${reason}`, { cause });
    /** Whether the reader took what it wanted, as `head` does. */
    this.isClosed = cause.code === 'EPIPE';
  }

  /**
   * The same with how far the work was.
   * @param {number} done
   * @param {number} count
   */
  after(done, count) {
    if (!this.isClosed || done + 1 === count) return this;
    return new Error(`standard output was closed after ${done} of ${count} pictures`);
  }
}
