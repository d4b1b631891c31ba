/** Work that is done one piece after the other. */
export class Queue {
  #over: Promise<void> = Promise.resolve();

  /** Begins this once all that was added before it is over, whether that succeeded or not. */
  add<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#over.then(work);
    const done = () => {};
    this.#over = result.then(done, done);
    return result;
  }

  /** Settles, and never rejects, when all is over that was added until now. */
  over(): Promise<void> {
    return this.#over;
  }
}
