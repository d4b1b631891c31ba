import { invariant } from '../../protocol.ts';
import type { Entry, RaftRecord } from './messages.ts';

/** The log of one replica, in memory. Indexes begin at 1; index 0 stands before the first entry, with term 0. */
export class RaftLog {
  readonly #entries: Entry[] = [];

  get lastIndex(): number {
    return this.#entries.length;
  }

  get lastTerm(): number {
    return this.term(this.lastIndex);
  }

  /** The term of the entry at `index`; 0 at index 0, and -1 where there is none. */
  term(index: number): number {
    if (index === 0) return 0;
    return this.#entries[index - 1]?.term ?? -1;
  }

  entry(index: number): Entry {
    const entry = this.#entries[index - 1];
    invariant(entry !== undefined, `the log has no entry ${index} (its last is ${this.lastIndex})`);
    return entry;
  }

  /** At most `count` entries from index `from` on. */
  slice(from: number, count: number): readonly Entry[] {
    return this.#entries.slice(from - 1, from - 1 + count);
  }

  /** Puts `entries` at index `from`, in place of all that stood there or later. */
  replaceFrom(from: number, entries: readonly Entry[]): void {
    invariant(from >= 1 && from <= this.lastIndex + 1, `entries at ${from} would leave a gap after ${this.lastIndex}`);
    this.#entries.length = from - 1;
    for (const entry of entries) this.#entries.push(entry);
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

  replay(record: Extract<RaftRecord, { kind: 'entries' }>): void {
    this.replaceFrom(record.from, record.entries);
  }
}
