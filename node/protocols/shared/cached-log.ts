import { invariant } from '../../contract/invariant.ts';

/** What a log is made of: something with a payload. */
export interface Logged {
  readonly payload: Uint8Array;
}

/**
 * The log of one replica, of which memory holds the end. Indexes begin at 1.
 *
 * Entries up to `base` are gone: a snapshot holds what they led to. Of all others the positions and sizes are in memory, and
 * of the entries themselves those that are not decided yet and the last of those that are. Whoever needs an older one finds
 * here which record of the replica's disk holds it.
 */
export class CachedLog<E extends Logged> {
  readonly #cacheBytes: number;
  #base = 0;
  // Of the entry at `index` each has its part at `index - base - 1`.
  /** The position of the record that holds each entry. */
  #positions: number[] = [];
  /** The bytes of all payloads up to the end of each, gone or not, from wherever this was first counted. */
  #ends: number[] = [];
  #baseEnd = 0;
  /** Undefined where only the disk has it: before `#firstHeld`. */
  #entries: (E | undefined)[] = [];
  #firstHeld = 1;
  #heldBytes = 0;

  /** @param cacheBytes - how many bytes of payloads stay in memory after they were decided */
  constructor(cacheBytes: number) {
    this.#cacheBytes = cacheBytes;
  }

  /** The last index that is gone; 0 where none is. */
  get base(): number {
    return this.#base;
  }

  get lastIndex(): number {
    return this.#base + this.#positions.length;
  }

  /** The bytes of all payloads, in memory or not. */
  get bytes(): number {
    return this.bytesAfter(this.#base);
  }

  /** The bytes of the payloads that are in memory. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Whether the entry at `index` is in memory. */
  holds(index: number): boolean {
    return index >= this.#firstHeld && index <= this.lastIndex;
  }

  /** The position of the record that holds the entry at `index`; 0 where there is no such entry. */
  position(index: number): number {
    return this.#positions[index - this.#base - 1] ?? 0;
  }

  /** The lowest of all positions; Infinity where there is no entry. */
  get firstPosition(): number {
    return this.#positions.reduce((lowest, position) => Math.min(lowest, position), Number.POSITIVE_INFINITY);
  }

  /** The bytes of the payload at `index`; 0 where there is no such entry. */
  size(index: number): number {
    return index > this.#base && index <= this.lastIndex ? this.#endOf(index) - this.#endOf(index - 1) : 0;
  }

  /** The bytes of the payloads behind `index`, and up to `last`, of those that are not gone. */
  bytesAfter(index: number, last = this.lastIndex): number {
    return Math.max(0, this.#endOf(Math.min(last, this.lastIndex)) - this.#endOf(index));
  }

  #endOf(index: number): number {
    return this.#ends[Math.min(index, this.lastIndex) - this.#base - 1] ?? this.#baseEnd;
  }

  /** An entry that is in memory. */
  entry(index: number): E {
    const entry = this.#entries[index - this.#base - 1];
    invariant(
      entry !== undefined,
      `the log holds no entry ${index} (it holds ${this.#firstHeld} to ${this.lastIndex})`,
    );
    return entry;
  }

  /** At most `count` entries from index `from` on, all in memory. */
  slice(from: number, count: number): readonly E[] {
    const last = Math.min(this.lastIndex, from + count - 1);
    const entries: E[] = [];
    for (let index = from; index <= last; index += 1) entries.push(this.entry(index));
    return entries;
  }

  /**
   * How many entries from index `from` on fit into a message: at most `maxCount`, and no more than `maxBytes` of payloads,
   * but for a single one that is longer.
   */
  countFitting(from: number, maxCount: number, maxBytes: number): number {
    const most = Math.min(maxCount, this.lastIndex - from + 1);
    let bytes = 0;
    for (let count = 0; count < most; count += 1) {
      bytes += this.size(from + count);
      if (bytes > maxBytes) return Math.max(1, count);
    }
    return Math.max(0, most);
  }

  /** Puts an entry at the end; the record at `position` holds it. */
  append(entry: E, position: number): void {
    this.#ends.push(this.#endOf(this.lastIndex) + entry.payload.length);
    this.#positions.push(position);
    this.#entries.push(entry);
    this.#heldBytes += entry.payload.length;
  }

  /** Drops the entries from index `from` on, all of them in memory. */
  truncate(from: number): void {
    invariant(from >= this.#firstHeld, `entry ${from} was decided, and is not to be replaced`);
    this.#heldBytes -= this.bytesAfter(from - 1);
    const kept = from - this.#base - 1;
    this.#positions.length = kept;
    this.#ends.length = kept;
    this.#entries.length = kept;
  }

  /** All is gone, up to `index`, and nothing is left behind it. */
  reset(index: number): void {
    this.#base = index;
    this.#positions = [];
    this.#ends = [];
    this.#baseEnd = 0;
    this.#entries = [];
    this.#firstHeld = index + 1;
    this.#heldBytes = 0;
  }

  /** The entries up to `index` go; those behind it stay. */
  compactTo(index: number): void {
    invariant(index >= this.#base && index <= this.lastIndex, `entry ${index} is not in the log, and cannot go`);
    const count = index - this.#base;
    if (this.#firstHeld <= index) this.#heldBytes -= this.bytesAfter(this.#firstHeld - 1, index);
    this.#baseEnd = this.#endOf(index);
    this.#positions = this.#positions.slice(count);
    this.#ends = this.#ends.slice(count);
    this.#entries = this.#entries.slice(count);
    this.#base = index;
    this.#firstHeld = Math.max(this.#firstHeld, index + 1);
  }

  /** Lets go of the oldest payloads that are more than memory is to hold, up to `decidedIndex` at most. */
  forget(decidedIndex: number): void {
    while (this.#heldBytes > this.#cacheBytes && this.#firstHeld <= decidedIndex) {
      this.#heldBytes -= this.size(this.#firstHeld);
      this.#entries[this.#firstHeld - this.#base - 1] = undefined;
      this.#firstHeld += 1;
    }
  }
}
