import { invariant } from '../../protocol.ts';
import type { Entry } from './messages.ts';

/**
 * The log of one replica. Indexes begin at 1; index 0 stands before the first entry, with term 0.
 *
 * All terms are in memory, and of the payloads those that are not decided yet and the last of those that are. Whoever
 * needs an older one finds here which record of the replica's disk holds it.
 */
export class RaftLog {
  readonly #cacheBytes: number;
  readonly #terms: number[] = [];
  /** The position of the record that holds each entry. */
  readonly #positions: number[] = [];
  /** The bytes of each payload. */
  readonly #sizes: number[] = [];
  /** Undefined where only the disk has it: before `#firstHeld`. */
  readonly #entries: (Entry | undefined)[] = [];
  #firstHeld = 1;
  #heldBytes = 0;

  /** @param cacheBytes - how many bytes of payloads stay in memory after they were decided */
  constructor(cacheBytes: number) {
    this.#cacheBytes = cacheBytes;
  }

  get lastIndex(): number {
    return this.#terms.length;
  }

  get lastTerm(): number {
    return this.term(this.lastIndex);
  }

  /** The term of the entry at `index`; 0 at index 0, and -1 where there is none. */
  term(index: number): number {
    if (index === 0) return 0;
    return this.#terms[index - 1] ?? -1;
  }

  /** Whether the entry at `index` is in memory. */
  holds(index: number): boolean {
    return index >= this.#firstHeld && index <= this.lastIndex;
  }

  /** The position of the record that holds the entry at `index`; 0 where there is no such entry. */
  position(index: number): number {
    return this.#positions[index - 1] ?? 0;
  }

  /** The bytes of the payload at `index`; 0 where there is no such entry. */
  size(index: number): number {
    return this.#sizes[index - 1] ?? 0;
  }

  /** An entry that is in memory. */
  entry(index: number): Entry {
    const entry = this.#entries[index - 1];
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

  /** Puts the entries of the record at `position` at index `from`, in place of all that stood there or later. */
  replaceFrom(from: number, entries: readonly Entry[], position: number): void {
    invariant(from >= 1 && from <= this.lastIndex + 1, `entries at ${from} would leave a gap after ${this.lastIndex}`);
    invariant(from >= this.#firstHeld, `entry ${from} was decided, and is not to be replaced`);
    this.#dropFrom(from);
    for (const entry of entries) {
      this.#terms.push(entry.term);
      this.#positions.push(position);
      this.#sizes.push(entry.payload.length);
      this.#entries.push(entry);
      this.#heldBytes += entry.payload.length;
    }
  }

  #dropFrom(from: number): void {
    for (let index = from; index <= this.lastIndex; index += 1) this.#heldBytes -= this.size(index);
    this.#terms.length = from - 1;
    this.#positions.length = from - 1;
    this.#sizes.length = from - 1;
    this.#entries.length = from - 1;
  }

  /** Lets go of the oldest payloads that are more than memory is to hold, up to `decidedIndex` at most. */
  forget(decidedIndex: number): void {
    while (this.#heldBytes > this.#cacheBytes && this.#firstHeld <= decidedIndex) {
      this.#heldBytes -= this.size(this.#firstHeld);
      this.#entries[this.#firstHeld - 1] = undefined;
      this.#firstHeld += 1;
    }
  }

  /** The first index of the run of entries that share the term of the entry at `index`. */
  firstIndexOfTermAt(index: number): number {
    const term = this.term(index);
    let first = index;
    while (first > 1 && this.term(first - 1) === term) first -= 1;
    return first;
  }

  /** Whether a log that ends so is at least as up to date as this one. Section 5.4.1. */
  isUpToDate(lastIndex: number, lastTerm: number): boolean {
    return lastTerm > this.lastTerm || (lastTerm === this.lastTerm && lastIndex >= this.lastIndex);
  }
}
