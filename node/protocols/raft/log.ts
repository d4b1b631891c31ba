import { invariant } from '../../protocol.ts';
import type { Entry } from './messages.ts';

/** Where the term of an entry is not known. */
const unknownTerm = -1;

/**
 * The log of one replica. Indexes begin at 1; index 0 stands before the first entry, with term 0.
 *
 * Entries up to `base` are gone: a snapshot holds what they led to. Of all others the terms are in memory, and of the
 * payloads those that are not decided yet and the last of those that are. Whoever needs an older one finds here which
 * record of the replica's disk holds it.
 */
export class RaftLog {
  readonly #cacheBytes: number;
  #base = 0;
  #baseTerm = 0;
  // Of the entry at `index` each has its part at `index - base - 1`.
  #terms: number[] = [];
  /** The position of the record that holds each entry. */
  #positions: number[] = [];
  /** The bytes of all payloads up to the end of each, gone or not, from wherever this was first counted. */
  #ends: number[] = [];
  #baseEnd = 0;
  /** Undefined where only the disk has it: before `#firstHeld`. */
  #entries: (Entry | undefined)[] = [];
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
    return this.#base + this.#terms.length;
  }

  get lastTerm(): number {
    return this.term(this.lastIndex);
  }

  /** The bytes of all payloads, in memory or not. */
  get bytes(): number {
    return this.bytesAfter(this.#base);
  }

  /** The bytes of the payloads that are in memory. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /**
   * The term of the entry at `index`, or of the last one that is gone; -1 where it is not known. Index 0 has term 0 as long
   * as nothing is gone.
   */
  term(index: number): number {
    if (index === this.#base) return this.#baseTerm;
    return this.#terms[index - this.#base - 1] ?? unknownTerm;
  }

  /** Whether the entry at `index` is in memory. */
  holds(index: number): boolean {
    return index >= this.#firstHeld && index <= this.lastIndex;
  }

  /** The position of the record that holds the entry at `index`; 0 where there is no such entry. */
  position(index: number): number {
    return this.#positions[index - this.#base - 1] ?? 0;
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
  entry(index: number): Entry {
    const entry = this.#entries[index - this.#base - 1];
    invariant(
      entry !== undefined,
      `the log holds no entry ${index} (it holds ${this.#firstHeld} to ${this.lastIndex})`,
    );
    return entry;
  }

  /** At most `count` entries from index `from` on, all in memory. */
  slice(from: number, count: number): readonly Entry[] {
    const last = Math.min(this.lastIndex, from + count - 1);
    const entries: Entry[] = [];
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

  /** Puts the entries of the record at `position` at index `from`, in place of all that stood there or later. */
  replaceFrom(from: number, entries: readonly Entry[], position: number): void {
    invariant(
      from > this.#base && from <= this.lastIndex + 1,
      `entries at ${from} would leave a gap after ${this.lastIndex}, or change what is gone up to ${this.#base}`,
    );
    invariant(from >= this.#firstHeld, `entry ${from} was decided, and is not to be replaced`);
    this.#dropFrom(from);
    let end = this.#endOf(this.lastIndex);
    for (const entry of entries) {
      end += entry.payload.length;
      this.#terms.push(entry.term);
      this.#positions.push(position);
      this.#ends.push(end);
      this.#entries.push(entry);
      this.#heldBytes += entry.payload.length;
    }
  }

  #dropFrom(from: number): void {
    // All of them are in memory.
    this.#heldBytes -= this.bytesAfter(from - 1);
    const kept = from - this.#base - 1;
    this.#terms.length = kept;
    this.#positions.length = kept;
    this.#ends.length = kept;
    this.#entries.length = kept;
  }

  /**
   * As `replaceFrom`, for the records of earlier lives. The older ones were given up: what is left may begin anywhere, and
   * may even go back behind where it began.
   */
  replay(from: number, entries: readonly Entry[], position: number): void {
    const begins = this.#base === 0 && this.#terms.length === 0;
    if (begins || from <= this.#base) this.reset(from - 1, from === 1 ? 0 : unknownTerm);
    this.replaceFrom(from, entries, position);
  }

  /** All is gone, up to `index`, whose entry had this term; and nothing is left behind it. */
  reset(index: number, term: number): void {
    this.#base = index;
    this.#baseTerm = term;
    this.#terms = [];
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
    const term = this.term(index);
    const count = index - this.#base;
    if (this.#firstHeld <= index) this.#heldBytes -= this.bytesAfter(this.#firstHeld - 1, index);
    this.#baseEnd = this.#endOf(index);
    this.#terms = this.#terms.slice(count);
    this.#positions = this.#positions.slice(count);
    this.#ends = this.#ends.slice(count);
    this.#entries = this.#entries.slice(count);
    this.#base = index;
    this.#baseTerm = term;
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

  /** The first index of the run of entries that share the term of the entry at `index`. */
  firstIndexOfTermAt(index: number): number {
    const term = this.term(index);
    let first = index;
    while (first > this.#base + 1 && this.term(first - 1) === term) first -= 1;
    return first;
  }

  /** Whether a log that ends so is at least as up to date as this one. Section 5.4.1. */
  isUpToDate(lastIndex: number, lastTerm: number): boolean {
    return lastTerm > this.lastTerm || (lastTerm === this.lastTerm && lastIndex >= this.lastIndex);
  }
}
