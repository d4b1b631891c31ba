/** Entries that are read from the disk for other replicas: one run of them at a time for each. */
import type { NodeId } from '../../contract/ids.ts';

/** A run of entries of which all records have come. */
export interface Recalled<R> {
  readonly to: NodeId;
  readonly from: number;
  readonly last: number;
  /** By their positions. */
  readonly records: ReadonlyMap<number, R>;
}

interface Recall<R> {
  readonly from: number;
  readonly last: number;
  /** The positions of the records that have not come yet. */
  readonly awaited: Set<number>;
  readonly records: Map<number, R>;
}

export class Recalls<R> {
  readonly #read: (position: number) => void;
  readonly #under = new Map<NodeId, Recall<R>>();

  /** @param read - asks for the record at a position */
  constructor(read: (position: number) => void) {
    this.#read = read;
  }

  /**
   * Reads the entries from `from` to `last` for a replica, in place of what was being read for it.
   *
   * @param positionsOf - where the record is that holds an entry; several where it is in several records
   */
  begin(to: NodeId, from: number, last: number, ...positionsOf: readonly ((index: number) => number)[]): void {
    const awaited = new Set<number>();
    for (let index = from; index <= last; index += 1)
      for (const positionOf of positionsOf) awaited.add(positionOf(index));
    this.#under.set(to, { from, last, awaited, records: new Map() });
    for (const position of awaited) this.#read(position);
  }

  /** A record has come; what is complete by that. */
  take(position: number, record: R): readonly Recalled<R>[] {
    const complete: Recalled<R>[] = [];
    for (const [to, recall] of this.#under) {
      if (!recall.awaited.delete(position)) continue;
      recall.records.set(position, record);
      if (recall.awaited.size > 0) continue;
      this.#under.delete(to);
      complete.push({ to, from: recall.from, last: recall.last, records: recall.records });
    }
    return complete;
  }
}
