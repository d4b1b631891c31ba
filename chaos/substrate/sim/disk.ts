/** The simulated disk of one replica: outlives its process, and loses at a crash what was not synced. */

import type { Durable } from '../../../node/contract/durable.ts';
import { afterWipe } from '../../../node/lost-disk.ts';
import type { Storage } from '../../../node/ports.ts';
import type { RandomSource } from '../../contracts/faults.ts';
import type { SimClock } from './clock.ts';
import { SimSnapshots } from './snapshots.ts';

/** A log gives up its records in larger pieces than it is asked to: at most so many are left over. */
const maxLeftOver = 16;

export class SimDisk<R> {
  readonly #clock: SimClock;
  readonly #random: RandomSource;
  readonly #syncMs: readonly [number, number];
  readonly #durable: R[] = [];
  /** The position of the first durable record that is still there. */
  #firstPosition = 1;
  #written: R[] = [];
  /** Whether a replica has used it since it was empty, and how often it was wiped after that. */
  #used = false;
  #losses = 0;
  #slowMs = 0;
  /** The bytes of the first of the durable records, for as many as were measured; and their sum. */
  readonly #sizes: number[] = [];
  #measuredBytes = 0;
  #syncs = 0;
  readonly snapshots: SimSnapshots<R>;

  constructor(clock: SimClock, random: RandomSource, syncMs: readonly [number, number]) {
    this.#clock = clock;
    this.#random = random;
    this.#syncMs = syncMs;
    this.snapshots = new SimSnapshots(clock, () => this.#syncTakesMs());
  }

  /** What a starting replica finds. */
  get durable(): Durable<R> {
    const begin = { records: this.#durable, firstPosition: this.#firstPosition };
    const snapshot = this.snapshots.newest;
    const durable = snapshot === undefined ? begin : { ...begin, snapshot };
    return this.#losses > 0 ? afterWipe(durable, this.#losses) : durable;
  }

  /**
   * How much of a log is durable. Each record is measured once, when this is first asked for after it was written.
   *
   * @param sizeOf - the bytes of a record on a real disk
   */
  logUse(sizeOf: (record: R) => number): { readonly records: number; readonly bytes: number } {
    for (const record of this.#durable.slice(this.#sizes.length)) {
      const bytes = sizeOf(record);
      this.#sizes.push(bytes);
      this.#measuredBytes += bytes;
    }
    return { records: this.#durable.length, bytes: this.#measuredBytes };
  }

  /** How often the log was synced, since the disk was made. */
  get syncs(): number {
    return this.#syncs;
  }

  /** The power goes: of what was written and not synced, some first part happens to have reached the disk. */
  crash(): void {
    const survives = this.#random.integer(0, this.#written.length);
    for (const record of this.#written.slice(0, survives)) this.#durable.push(record);
    this.#written = [];
  }

  /** Every sync that begins from now on takes so much longer, in milliseconds. */
  slowBy(delayMs: number): void {
    this.#slowMs = delayMs;
  }

  #syncTakesMs(): number {
    return this.#slowMs + this.#random.between(this.#syncMs[0], this.#syncMs[1]);
  }

  /** Nothing is left, as on a new disk. */
  wipe(): void {
    this.#forget(this.#durable.length);
    this.#firstPosition = 1;
    this.#written = [];
    this.snapshots.wipe();
    if (this.#used) this.#losses += 1;
  }

  /** The first records go. */
  #forget(count: number): void {
    this.#durable.splice(0, count);
    for (const bytes of this.#sizes.splice(0, count)) this.#measuredBytes -= bytes;
  }

  get #lastPosition(): number {
    return this.#firstPosition - 1 + this.#durable.length;
  }

  /** The disk as one incarnation of the replica sees it; dead once `signal` is aborted. */
  open(signal: AbortSignal): Storage<R> {
    this.#used = true;
    let position = this.#lastPosition;
    let syncing = false;
    const sync = () => {
      if (syncing || this.#written.length === 0) return;
      syncing = true;
      const count = this.#written.length;
      const syncedTo = position;
      this.#clock.after(this.#syncTakesMs(), () => {
        if (signal.aborted) return;
        syncing = false;
        this.#syncs += 1;
        for (const record of this.#written.splice(0, count)) this.#durable.push(record);
        storage.onDurable(syncedTo);
        sync();
      });
    };
    const storage: Storage<R> = {
      append: (record) => {
        position += 1;
        this.#written.push(record);
        // One sync covers all that was written in the same turn.
        if (!syncing) this.#clock.soon(sync);
        return position;
      },
      read: (wanted, take) => {
        // What is removed while it is being read is read to its end.
        const record = this.#durable[wanted - this.#firstPosition];
        this.#clock.after(this.#random.between(this.#syncMs[0], this.#syncMs[1]), () => {
          if (signal.aborted) return;
          if (record === undefined) storage.onFailure(new RangeError(`record ${wanted} is not there to be read`));
          else take(record);
        });
      },
      removeBefore: (wanted) => {
        if (wanted < 1 || wanted > this.#lastPosition) throw new RangeError(`record ${wanted} is not durable`);
        const count = wanted - this.#random.integer(0, maxLeftOver) - this.#firstPosition;
        if (count <= 0) return;
        this.#forget(count);
        this.#firstPosition += count;
      },
      onDurable: () => {},
      onFailure: () => {},
    };
    return storage;
  }
}
