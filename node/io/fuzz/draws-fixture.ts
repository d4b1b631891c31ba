/** Random choices of the fuzz tests, all of one seed. */
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { Random } from '../../ports.ts';

export class Draws implements Random {
  readonly #generator;

  constructor(seed: number) {
    this.#generator = xoroshiro128plus(seed);
    // The first outputs of neighbouring seeds are alike.
    for (let i = 0; i < 8; i += 1) this.#generator.next();
  }

  between(min: number, max: number): number {
    return min + ((this.#generator.next() >>> 0) / 2 ** 32) * (max - min);
  }

  /** A whole number from 0 up to `limit`, without it. */
  below(limit: number): number {
    return Math.floor(this.between(0, limit));
  }

  chance(probability: number): boolean {
    return this.between(0, 1) < probability;
  }

  pick<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new RangeError('there is nothing to pick from');
    return item;
  }

  bytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.below(256)));
  }
}
