/**
 * When keys were changed last, so that what several replicas say of a key can be told to come from one and the same state. That
 * their values are equal is not enough where a value comes back: one may speak of the state before, another of the one after.
 *
 * Positions count applied commands. Those of the last span and of the one before it are kept, in which at most so many keys were
 * changed; of other keys it is known that nothing has changed since these began. Where a span begins follows from the position
 * alone, so that replicas that came by their state in different ways say the same after two spans.
 */

/** How many commands a span has. */
const defaultSpan = 1 << 16;

export class Changes {
  readonly #span: number;
  /** The position of the state from which all changes are known. */
  readonly #begin: number;
  #number: number;
  #present = new Map<string, number>();
  #before = new Map<string, number>();

  /** @param begin - the position of a state that is known as a whole; 0 where that is the empty one */
  constructor(begin = 0, span = defaultSpan) {
    this.#begin = begin;
    this.#span = span;
    this.#number = Math.floor(begin / span);
  }

  /** The command at this position may have changed the key. Positions only grow. */
  note(key: string, position: number): void {
    this.#turnTo(position);
    this.#present.set(key, position);
  }

  /** A position from which on the key was as it is now, at `position`. */
  since(key: string, position: number): number {
    this.#turnTo(position);
    const noted = this.#present.get(key) ?? this.#before.get(key);
    return noted ?? Math.max(this.#begin, (this.#number - 1) * this.#span);
  }

  #turnTo(position: number): void {
    const number = Math.floor(position / this.#span);
    if (number === this.#number) return;
    this.#before = number === this.#number + 1 ? this.#present : new Map();
    this.#present = new Map();
    this.#number = number;
  }
}
