/** Who waits for the result of a write. Per command there is one object that waits; each session has one seat for it. */

import type { ClientId } from './contract/ids.ts';
import type { ClientRequest } from './ports.ts';

/** How many sessions may at least keep their seats; twice as many as there are sessions in most groups. */
const minSeats = 10_000;

export interface Waiter {
  readonly client: ClientId;
  readonly request: ClientRequest;
  /** What the result of a write comes under: the session, or the negated number of a client that registers. */
  readonly key: number;
  readonly sequence: number;
  /** What it was put into, once it was. */
  batch: Batch | undefined;
}

export interface Batch {
  /** Among those of its kind. */
  readonly number: number;
  /** What the protocol knows it by: odd for writes, even for reads. */
  readonly id: number;
  readonly waiters: readonly Waiter[];
  /** How many of them wait for a reply yet. */
  unanswered: number;
}

/** Who waits for the result of a session's write: nobody most of the time, and one entry for all the times. */
interface Seat {
  waiter: Waiter | undefined;
}

export class Seats {
  /** By the keys of waiters. Sessions keep their seats: nothing is deleted on the hot path. */
  readonly #seats = new Map<number, Seat>();
  /** How many seats there may be until those that are empty go. */
  #maxSeats = minSeats;
  #taken = 0;

  /** How many wait. */
  get taken(): number {
    return this.#taken;
  }

  /** Gives a waiter its seat; whoever had it waits no more. */
  put(waiter: Waiter): void {
    let seat = this.#seats.get(waiter.key);
    if (seat === undefined) {
      seat = { waiter: undefined };
      this.#seats.set(waiter.key, seat);
    }
    if (seat.waiter === undefined) this.#taken += 1;
    seat.waiter = waiter;
  }

  /** Frees a seat, and gives who waited there for just this command. */
  take(key: number, sequence: number): Waiter | undefined {
    const seat = this.#seats.get(key);
    const waiter = seat?.waiter;
    if (seat === undefined || waiter === undefined || waiter.sequence !== sequence) return undefined;
    this.#empty(seat);
    return waiter;
  }

  /** Forgets a waiter, unless another has taken its place. */
  leave(waiter: Waiter): void {
    const seat = this.#seats.get(waiter.key);
    if (seat?.waiter === waiter) this.#empty(seat);
  }

  /** Removes the empty seats, where there are too many. */
  tidy(): void {
    if (this.#seats.size <= this.#maxSeats) return;
    for (const [key, seat] of this.#seats) if (seat.waiter === undefined) this.#seats.delete(key);
    this.#maxSeats = Math.max(minSeats, 2 * this.#seats.size);
  }

  #empty(seat: Seat): void {
    seat.waiter = undefined;
    this.#taken -= 1;
  }
}
