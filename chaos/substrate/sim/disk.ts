/** The simulated disk of one replica: outlives its process, and loses at a crash what was not synced. */
import type { Storage } from '../../../node/ports.ts';
import type { RandomSource } from '../../contracts.ts';
import type { SimClock } from './clock.ts';

export class SimDisk<R> {
  readonly #clock: SimClock;
  readonly #random: RandomSource;
  readonly #syncMs: readonly [number, number];
  #durable: R[] = [];
  #written: R[] = [];

  constructor(clock: SimClock, random: RandomSource, syncMs: readonly [number, number]) {
    this.#clock = clock;
    this.#random = random;
    this.#syncMs = syncMs;
  }

  /** What a starting replica finds. */
  get records(): readonly R[] {
    return this.#durable;
  }

  /** The power goes: of what was written and not synced, some first part happens to have reached the disk. */
  crash(): void {
    const survives = this.#random.integer(0, this.#written.length);
    for (const record of this.#written.slice(0, survives)) this.#durable.push(record);
    this.#written = [];
  }

  /** The disk as one incarnation of the replica sees it; dead once `signal` is aborted. */
  open(signal: AbortSignal): Storage<R> {
    let position = this.#durable.length;
    let syncing = false;
    const sync = () => {
      if (syncing || this.#written.length === 0) return;
      syncing = true;
      const count = this.#written.length;
      const syncedTo = position;
      this.#clock.after(this.#random.between(this.#syncMs[0], this.#syncMs[1]), () => {
        if (signal.aborted) return;
        syncing = false;
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
        this.#clock.after(this.#random.between(this.#syncMs[0], this.#syncMs[1]), () => {
          if (signal.aborted) return;
          const record = this.#durable[wanted - 1];
          if (record === undefined) storage.onFailure(new RangeError(`record ${wanted} is not durable`));
          else take(record);
        });
      },
      onDurable: () => {},
      onFailure: () => {},
    };
    return storage;
  }
}
