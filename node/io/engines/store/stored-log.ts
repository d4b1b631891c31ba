/** A log over a store: group commit, removals in the background, and the end. See `engine.ts` for what it promises. */
import { atEndOfTurn } from '../../turn.ts';
import { damageIn } from '../../wal/damage.ts';
import type { RecordLog } from '../engine.ts';
import type { DurableMark } from './durable-mark.ts';
import { type Entry, encodeEntry, encodeFirst, maxRecordBytes, payloadOf } from './entry.ts';
import type { RecordStore } from './record-store.ts';

/** How many records one commit removes at most: none is held up for long by what has no haste. */
const removedAtOnce = 1000;

/** What a log is over. */
export interface StoredLogParts {
  readonly folder: string;
  readonly store: RecordStore;
  readonly mark: DurableMark;
  readonly onSync: (seconds: number) => void;
  readonly unlock: () => Promise<void>;
  /** Whether an error of the store tells that what it holds is not as it was written. */
  readonly isDamage: (error: Error) => boolean;
}

export class StoredLog implements RecordLog {
  onDurable: (position: number) => void = () => {};
  onFailure: (error: Error) => void = () => {};

  readonly #parts: StoredLogParts;
  /** The position of the last record that was appended. */
  #appended: number;
  #durable: number;
  /** What was appended after `#durable` and is not being committed, in order. */
  #pending: Entry[] = [];
  /** The first position that is needed, the one before which no read is in flight either, and the first one that is stored. */
  #neededFrom: number;
  #unreadBefore: number;
  #storedFrom: number;
  /** Defined while there is something to commit: gathering or committing. */
  #flushing: Promise<void> | undefined;
  /** Settles, and never rejects, when all reads are over that were asked for. */
  #readsOver: Promise<unknown> = Promise.resolve();
  #failure: Error | undefined;
  #closing: Promise<void> | undefined;

  constructor(parts: StoredLogParts, firstPosition: number, recoveredCount: number) {
    this.#parts = parts;
    this.#appended = firstPosition + recoveredCount - 1;
    this.#durable = this.#appended;
    this.#neededFrom = firstPosition;
    this.#unreadBefore = firstPosition;
    this.#storedFrom = firstPosition;
    parts.mark.onFailure = (error) => this.#fail(error);
  }

  append(...pieces: readonly Uint8Array[]): number {
    let length = 0;
    for (const piece of pieces) length += piece.length;
    if (length > maxRecordBytes) {
      throw new RangeError(`a record of ${length} bytes; the log takes at most ${maxRecordBytes}`);
    }
    this.#appended += 1;
    if (this.#failure !== undefined || this.#closing !== undefined) return this.#appended;
    this.#pending.push(encodeEntry(this.#appended, pieces, length));
    this.#flushing ??= this.#flush();
    return this.#appended;
  }

  async read(position: number): Promise<Uint8Array> {
    if (this.#failure !== undefined) {
      throw new Error(`the log has failed: ${this.#failure.message}`, { cause: this.#failure });
    }
    if (this.#closing !== undefined) throw new Error('the log is closed');
    this.#requireDurable(position, this.#neededFrom, 'to read');
    const { folder } = this.#parts;
    const value = await this.#inOrder(this.#parts.store.read(position)).catch((error: Error) => {
      const what = `record ${position} of the log in ${folder} cannot be read: ${error.message}`;
      throw this.#parts.isDamage(error) ? damageIn(folder, what) : new Error(what, { cause: error });
    });
    const payload = value === undefined ? null : payloadOf({ position, value });
    if (payload !== null) return payload;
    const what = value === undefined ? 'missing' : 'damaged';
    throw damageIn(folder, `record ${position} of the log in ${folder} is ${what}, and it was durable`);
  }

  removeBefore(position: number): void {
    this.#requireDurable(position, 1, 'to remove those before it');
    if (position <= this.#neededFrom) return;
    this.#neededFrom = position;
    // No read of these is taken on from here. Reads end in order, and so these positions come in order, too.
    void this.#readsOver.then(() => this.#letGoBefore(position));
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  #requireDurable(position: number, from: number, purpose: string): void {
    if (Number.isSafeInteger(position) && position >= from && position <= this.#durable) return;
    const range = `those from ${this.#neededFrom} to ${this.#durable} are durable`;
    throw new RangeError(`there is no record ${position} ${purpose}: ${range}`);
  }

  #letGoBefore(position: number): void {
    this.#unreadBefore = position;
    if (this.#failure === undefined && this.#closing === undefined) this.#flushing ??= this.#flush();
  }

  async #flush(): Promise<void> {
    // After all that this turn of the event loop has received: its records go into one commit.
    await new Promise<void>((resolve) => atEndOfTurn(resolve));
    try {
      while (this.#failure === undefined && this.#hasWork()) {
        const before = this.#durable;
        try {
          await this.#commit();
        } catch (error) {
          this.#fail(error);
        }
        if (this.#failure === undefined && this.#durable > before) this.onDurable(this.#durable);
      }
    } finally {
      this.#flushing = undefined;
    }
  }

  /** What is to be removed waits for the next life where this one ends. */
  #hasWork(): boolean {
    return this.#pending.length > 0 || (this.#storedFrom < this.#unreadBefore && this.#closing === undefined);
  }

  /** One transaction for all pending records, and for some of those that are to be removed. */
  async #commit(): Promise<void> {
    const { store, mark, onSync } = this.#parts;
    const entries = this.#pending;
    this.#pending = [];
    const remove = { from: this.#storedFrom, to: Math.min(this.#unreadBefore, this.#storedFrom + removedAtOnce) };
    const added = entries.length;
    if (remove.to > remove.from) entries.unshift(encodeFirst(remove.to));
    const startMs = performance.now();
    await store.commit({ entries, remove });
    onSync((performance.now() - startMs) / 1000);
    this.#durable += added;
    this.#storedFrom = remove.to;
    mark.raise(this.#durable);
  }

  /** Lets reads run side by side, and end one after the other. */
  async #inOrder<T>(read: Promise<T>): Promise<T> {
    const over = Promise.allSettled([read, this.#readsOver]);
    this.#readsOver = over;
    await over;
    return read;
  }

  #fail(error: unknown): void {
    if (this.#failure !== undefined) return;
    this.#failure = error instanceof Error ? error : new Error(String(error));
    this.#pending = [];
    this.onFailure(this.#failure);
  }

  async #close(): Promise<void> {
    const { store, mark, unlock } = this.#parts;
    try {
      await this.#flushing;
    } finally {
      await this.#readsOver;
      // All that counts is synced: an error of these calls would say nothing new.
      await Promise.allSettled([store.close(), mark.close()]);
      await unlock();
    }
  }
}
