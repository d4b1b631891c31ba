/** Moments that a protocol wants remembered, to be told later whether too much time has passed since. */

import type { ReadWindow } from './contract/effects.ts';
import type { Clock } from './ports.ts';

/** How many are kept. One that was forgotten counts as long past. */
const maxMarks = 256;

export class Marks {
  readonly #clock: Clock;
  /** In the order in which they were set. */
  readonly #atMs = new Map<number, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** It is now. A mark that was set before is set anew. */
  set(mark: number): void {
    this.#atMs.delete(mark);
    this.#atMs.set(mark, this.#clock.now());
    if (this.#atMs.size <= maxMarks) return;
    const [oldest] = this.#atMs.keys();
    if (oldest !== undefined) this.#atMs.delete(oldest);
  }

  isWithin({ mark, ms }: ReadWindow): boolean {
    const atMs = this.#atMs.get(mark);
    return atMs !== undefined && this.#clock.now() - atMs < ms;
  }
}
