/** The snapshots on the simulated disk of one replica. They become durable whole or not at all. */

import type { DurableSnapshot } from '../../../node/contract/durable.ts';
import { invariant } from '../../../node/contract/invariant.ts';
import type { Snapshots } from '../../../node/ports.ts';
import type { SimClock } from './clock.ts';

interface Kept<R> {
  readonly record: R;
  readonly bytes: Uint8Array;
}

/** How long it takes to write so much, on top of a sync; a disk of 100 MB/s, in bytes per millisecond. */
const bytesPerMs = 100_000;

export class SimSnapshots<R> {
  readonly #clock: SimClock;
  readonly #syncMs: () => number;
  readonly #kept = new Map<number, Kept<R>>();

  /** @param syncMs - draws how long the next sync takes */
  constructor(clock: SimClock, syncMs: () => number) {
    this.#clock = clock;
    this.#syncMs = syncMs;
  }

  get newest(): DurableSnapshot<R> | undefined {
    const index = Math.max(0, ...this.#kept.keys());
    const kept = this.#kept.get(index);
    return kept === undefined ? undefined : { index, record: kept.record, bytes: kept.bytes.length };
  }

  wipe(): void {
    this.#kept.clear();
  }

  /** As one incarnation of the replica sees them; dead once `signal` is aborted. */
  open(signal: AbortSignal): Snapshots<R> {
    let received: { readonly index: number; readonly pieces: Uint8Array[]; length: number } | undefined;
    const later = (delayMs: number, work: () => void) => {
      this.#clock.after(delayMs, () => {
        if (!signal.aborted) work();
      });
    };
    const keep = (index: number, record: R, bytes: Uint8Array, done: (bytes: number) => void) =>
      later(this.#syncMs() + bytes.length / bytesPerMs, () => {
        this.#kept.set(index, { record, bytes });
        done(bytes.length);
      });
    const snapshots: Snapshots<R> = {
      save: (index, record, pieces, done) => {
        const all: Uint8Array[] = [];
        for (let next = pieces.next(); next.done !== true; next = pieces.next()) all.push(next.value);
        keep(index, record, Buffer.concat(all), done);
      },
      receive: (index, offset, bytes) => {
        if (offset === 0) received = { index, pieces: [], length: 0 };
        invariant(received?.index === index, `snapshot ${index} is not the one that is received`);
        const { length } = received;
        invariant(
          length === offset,
          `${length} bytes of snapshot ${index} are there, and those from ${offset} on follow`,
        );
        received.pieces.push(bytes);
        received.length += bytes.length;
      },
      seal: (index, record, done) => {
        invariant(received?.index === index, `snapshot ${index} is not the one that was received`);
        keep(index, record, Buffer.concat(received.pieces), done);
        received = undefined;
      },
      read: (index, offset, maxBytes, take) => {
        const kept = this.#kept.get(index);
        later(this.#syncMs(), () => {
          if (kept === undefined) snapshots.onFailure(new RangeError(`there is no snapshot ${index} to be read`));
          else take(kept.bytes.subarray(offset, offset + maxBytes), offset + maxBytes >= kept.bytes.length);
        });
      },
      removeBefore: (index) => {
        for (const each of [...this.#kept.keys()]) if (each < index) this.#kept.delete(each);
      },
      onFailure: () => {},
    };
    return snapshots;
  }
}
