import { invariant } from '../../contract/invariant.ts';
import { CachedLog } from '../shared/cached-log.ts';
import type { Entry } from './messages.ts';

/** Where the term of an entry is not known. */
const unknownTerm = -1;

/**
 * The log of one replica. Indexes begin at 1; index 0 stands before the first entry, with term 0.
 *
 * The terms of all entries that are not gone are in memory, and that of the last one that is.
 */
export class RaftLog extends CachedLog<Entry> {
  #baseTerm = 0;
  /** The term of the entry at `index` is at `index - base - 1`. */
  #terms: number[] = [];

  get lastTerm(): number {
    return this.term(this.lastIndex);
  }

  /**
   * The term of the entry at `index`, or of the last one that is gone; -1 where it is not known. Index 0 has term 0 as long
   * as nothing is gone.
   */
  term(index: number): number {
    if (index === this.base) return this.#baseTerm;
    return this.#terms[index - this.base - 1] ?? unknownTerm;
  }

  override append(entry: Entry, position: number): void {
    super.append(entry, position);
    this.#terms.push(entry.term);
  }

  override truncate(from: number): void {
    super.truncate(from);
    this.#terms.length = from - this.base - 1;
  }

  /** Puts the entries of the record at `position` at index `from`, in place of all that stood there or later. */
  replaceFrom(from: number, entries: readonly Entry[], position: number): void {
    invariant(
      from > this.base && from <= this.lastIndex + 1,
      `entries at ${from} would leave a gap after ${this.lastIndex}, or change what is gone up to ${this.base}`,
    );
    this.truncate(from);
    for (const entry of entries) this.append(entry, position);
  }

  /**
   * As `replaceFrom`, for the records of earlier lives. The older ones were given up: what is left may begin anywhere, and
   * may even go back behind where it began.
   */
  replay(from: number, entries: readonly Entry[], position: number): void {
    const begins = this.base === 0 && this.lastIndex === 0;
    if (begins || from <= this.base) this.reset(from - 1, from === 1 ? 0 : unknownTerm);
    this.replaceFrom(from, entries, position);
  }

  /** All is gone, up to `index`, whose entry had this term; and nothing is left behind it. */
  override reset(index: number, term = unknownTerm): void {
    super.reset(index);
    this.#baseTerm = term;
    this.#terms = [];
  }

  override compactTo(index: number): void {
    const term = this.term(index);
    const count = index - this.base;
    super.compactTo(index);
    this.#baseTerm = term;
    this.#terms = this.#terms.slice(count);
  }

  /** The first index of the run of entries that share the term of the entry at `index`. */
  firstIndexOfTermAt(index: number): number {
    const term = this.term(index);
    let first = index;
    while (first > this.base + 1 && this.term(first - 1) === term) first -= 1;
    return first;
  }

  /** Whether a log that ends so is at least as up to date as this one. Section 5.4.1. */
  isUpToDate(lastIndex: number, lastTerm: number): boolean {
    return lastTerm > this.lastTerm || (lastTerm === this.lastTerm && lastIndex >= this.lastIndex);
  }
}
