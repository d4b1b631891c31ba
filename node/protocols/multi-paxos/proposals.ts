/** What a leader proposed and does not know to be chosen yet: one slot after the other, without a gap. */
import { type Value, valueCostBytes } from '../paxos/value.ts';

export class Proposals {
  #first = 1;
  // No map: what comes and goes all the time leaves outgrown tables behind (see `node/ring.ts`). There are at most a window's.
  readonly #values: Value[] = [];
  #bytes = 0;

  /** What they take in memory. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The slot of the next one. */
  get nextSlot(): number {
    return this.#first + this.#values.length;
  }

  at(slot: number): Value | undefined {
    return this.#values[slot - this.#first];
  }

  /** @returns its slot */
  add(value: Value): number {
    this.#values.push(value);
    this.#bytes += value.payload.length + valueCostBytes;
    return this.nextSlot - 1;
  }

  /** Those up to a slot are known to be chosen. */
  dropTo(slot: number): void {
    const count = Math.min(this.#values.length, slot - this.#first + 1);
    if (count <= 0) return;
    for (let at = 0; at < count; at += 1) {
      this.#bytes -= (this.#values[at]?.payload.length ?? 0) + valueCostBytes;
    }
    this.#values.copyWithin(0, count);
    this.#values.length -= count;
    this.#first += count;
  }

  /** There are none, and the next one goes to this slot. */
  beginAt(slot: number): void {
    this.#first = slot;
    this.#values.length = 0;
    this.#bytes = 0;
  }
}
