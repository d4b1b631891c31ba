/** What outlives an actor: records and snapshots that are durable. */
import type { Durable } from '../contract/durable.ts';

export class ActorDisk<R> {
  /** All records that ever were durable; those before `neededFrom` may be gone. */
  readonly #records: R[] = [];
  #neededFrom = 1;
  readonly #snapshots = new Map<number, { readonly record: R; readonly bytes: Uint8Array }>();

  /** The position of the last record. */
  get lastPosition(): number {
    return this.#records.length;
  }

  append(records: readonly R[]): void {
    this.#records.push(...records);
  }

  record(position: number): R {
    const record = this.#records[position - 1];
    if (record === undefined || position < this.#neededFrom) {
      throw new Error(
        `record ${position} is read, and those from ${this.#neededFrom} to ${this.lastPosition} are there`,
      );
    }
    return record;
  }

  keep(index: number, record: R, bytes: Uint8Array): void {
    this.#snapshots.set(index, { record, bytes });
  }

  snapshot(index: number): Uint8Array {
    const snapshot = this.#snapshots.get(index);
    if (snapshot === undefined) throw new Error(`snapshot ${index} is read, and is not there`);
    return snapshot.bytes;
  }

  removeBefore(position: number, index: number): void {
    this.#neededFrom = Math.max(this.#neededFrom, position);
    for (const each of [...this.#snapshots.keys()]) if (each < index) this.#snapshots.delete(each);
  }

  /**
   * What a new life begins from.
   *
   * @param leftOver - how many records are still there of those that were needed no more; that life may need them again
   */
  durable(leftOver: number): Durable<R> {
    const firstPosition = Math.max(1, this.#neededFrom - leftOver);
    this.#neededFrom = firstPosition;
    const records = this.#records.slice(firstPosition - 1);
    const [index] = [...this.#snapshots.keys()].sort((a, b) => b - a);
    if (index === undefined) return { records, firstPosition };
    const { record, bytes } = this.#snapshots.get(index) as { record: R; bytes: Uint8Array };
    return { records, firstPosition, snapshot: { index, record, bytes: bytes.length } };
  }
}
