/** What a replica wants chosen: waits for a slot, first come, first served. What is not chosen yet is bounded in bytes. */
import type { Value } from './value.ts';
import { valueCostBytes } from './value.ts';

/** Something that this replica wants chosen, in whichever slot: the batch of a request, or a group. */
export interface Wish {
  readonly value: Value;
  /** The request; absent where it is none. */
  readonly request?: number;
  /** Nobody wants it any more: it is not proposed again. */
  withdrawn: boolean;
}

export class Wishes {
  readonly #maxBytes: number;
  #waiting: Wish[] = [];
  /** Of what waits, and of what was proposed and is not chosen yet. */
  #bytes = 0;

  /** @param maxBytes - how much may be pending, with what a value costs besides its payload; a single one always may */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** The bytes of all that is pending, waiting or proposed. */
  get bytes(): number {
    return this.#bytes;
  }

  /** How many wait. */
  get waitingCount(): number {
    return this.#waiting.length;
  }

  hasRoom(payload: Uint8Array): boolean {
    return this.#bytes === 0 || this.#bytes + costOf({ payload }) <= this.#maxBytes;
  }

  add(wish: Wish): void {
    this.#waiting.push(wish);
    this.#bytes += costOf(wish.value);
  }

  /** Ahead of all that waits. */
  addFirst(wish: Wish): void {
    this.#waiting.unshift(wish);
    this.#bytes += costOf(wish.value);
  }

  /** The next one is proposed; it is pending until it is settled. */
  take(): Wish | undefined {
    return this.#waiting.shift();
  }

  /** What was taken was not chosen in its slot, and goes ahead of all that waits. */
  giveBack(wish: Wish): void {
    this.#waiting.unshift(wish);
  }

  /** What was taken is pending no more. */
  settle(wish: Wish): void {
    this.#bytes -= costOf(wish.value);
  }

  /** Nobody wants it any more. It may be chosen all the same, where it is proposed already. */
  withdraw(wish: Wish): void {
    wish.withdrawn = true;
    if (!this.#waiting.includes(wish)) return;
    this.#waiting = this.#waiting.filter((other) => other !== wish);
    this.settle(wish);
  }

  /** Gives up all that waits; nothing of that will be proposed. */
  giveUpWaiting(): readonly Wish[] {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wish of waiting) this.settle(wish);
    return waiting;
  }
}

function costOf({ payload }: Value): number {
  return payload.length + valueCostBytes;
}
