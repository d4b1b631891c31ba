/** A batch that clients of this replica have asked for, and that is kept until all of it was applied. */
export interface PendingBatch {
  readonly payload: Uint8Array;
  /** The stretch of time in which it was asked for (`pace.ts`). */
  readonly askedIn: number;
  /** The view in which it was proposed last, by this replica; -1 where it never was. */
  proposedIn: number;
  /** The view in whose primary it was handed to; -1 where to none. */
  forwardedIn: number;
}

/** What clients wait for, in the order in which it came. */
export class Pending {
  readonly #maxBytes: number;
  readonly #batches = new Map<number, PendingBatch>();
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get isEmpty(): boolean {
    return this.#batches.size === 0;
  }

  get count(): number {
    return this.#batches.size;
  }

  get heldBytes(): number {
    return this.#bytes;
  }

  /** The one that has waited longest; 0 where none waits. */
  get oldest(): number {
    return this.#batches.keys().next().value ?? 0;
  }

  /** False where there is no room for it. One that is longer than all room is taken alone. */
  add(id: number, payload: Uint8Array, askedIn: number): boolean {
    if (this.#bytes > 0 && this.#bytes + payload.length > this.#maxBytes) return false;
    this.#batches.set(id, { payload, askedIn, proposedIn: -1, forwardedIn: -1 });
    this.#bytes += payload.length;
    return true;
  }

  /** Undefined where it is not known. */
  remove(id: number): PendingBatch | undefined {
    const batch = this.#batches.get(id);
    if (batch === undefined) return undefined;
    this.#batches.delete(id);
    this.#bytes -= batch.payload.length;
    return batch;
  }

  batches(): Iterable<PendingBatch> {
    return this.#batches.values();
  }

  /** Those that this replica has not proposed in a view. */
  *unproposed(view: number): Generator<PendingBatch> {
    for (const batch of this.#batches.values()) if (batch.proposedIn !== view) yield batch;
  }
}
