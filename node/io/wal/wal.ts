/**
 * A write-ahead log of opaque records, in segments (`segment.ts`), with group commit: all records that were appended in
 * one turn of the event loop, and all that came while a sync was in flight, share one write and one fdatasync.
 */
import { join } from 'node:path';
import { atEndOfTurn } from '../turn.ts';
import { nodeFiles, type WalFiles } from './files.ts';
import { Framer, frameHeaderBytes, headerBytes, maxRecordBytes } from './format.ts';
import { recover } from './recovery.ts';
import { makeSpare, publish, type Segment, type Spare, spareName, writeRecords } from './segment.ts';

export interface Wal {
  /**
   * Takes a record and returns its position, one more than the last. Never waits. The record must not be changed until
   * it is durable. After a failure or a `close` it goes nowhere, and is never said to be durable.
   *
   * @throws RangeError where the record is longer than `maxRecordBytes`
   */
  append(record: Uint8Array): number;
  /** Called with the position up to which all is durable. */
  onDurable: (position: number) => void;
  /** Called once, with the first error of the disk. Nothing is written, retried or acknowledged after it. */
  onFailure: (error: Error) => void;
  /** Makes durable what was appended (unless the disk has failed), and lets go of the folder. May be called again. */
  close(): Promise<void>;
}

export interface OpenedWal {
  readonly wal: Wal;
  /**
   * The payloads that survived, in order; the position of the first is 1. All are durable. The log keeps none of them:
   * each is memory of its own (or shares a few kilobytes with its neighbours), free once nobody needs it.
   */
  readonly recovered: readonly Uint8Array[];
}

export interface WalOptions {
  /** How long a segment is, in bytes; a longer record gets a longer one. 16 MiB where absent. */
  readonly segmentBytes?: number;
  /** Where the log is kept; the real file system where absent. */
  readonly files?: WalFiles;
}

export const defaultSegmentBytes = 16 << 20;

interface Place {
  readonly files: WalFiles;
  readonly folder: string;
  readonly segmentBytes: number;
  readonly unlock: () => Promise<void>;
}

class SegmentedWal implements Wal {
  onDurable: (position: number) => void = () => {};
  onFailure: (error: Error) => void = () => {};

  readonly #place: Place;
  readonly #framer = new Framer();
  #segment: Segment;
  /** The next segment, made ahead of need: a roll-over then costs a header and a name. */
  #spare: Promise<Spare> | undefined;

  /** The position of the last record that was appended. */
  #appended: number;
  #durable: number;
  /** What was appended after `#durable`, in order. */
  #pending: Uint8Array[] = [];
  /** Defined while records are pending: gathering, writing or syncing. */
  #flushing: Promise<void> | undefined;
  #failed = false;
  #closing: Promise<void> | undefined;

  constructor(place: Place, recoveredCount: number, segment: Segment) {
    this.#place = place;
    this.#segment = segment;
    this.#appended = recoveredCount;
    this.#durable = recoveredCount;
  }

  append(record: Uint8Array): number {
    if (record.length > maxRecordBytes) {
      throw new RangeError(`a record of ${record.length} bytes; the log takes at most ${maxRecordBytes}`);
    }
    this.#appended += 1;
    if (this.#failed || this.#closing !== undefined) return this.#appended;
    this.#pending.push(record);
    this.#flushing ??= this.#flush();
    return this.#appended;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #flush(): Promise<void> {
    // After all that this turn of the event loop has received: its records go into one batch.
    await new Promise<void>((resolve) => atEndOfTurn(resolve));
    try {
      while (this.#pending.length > 0) {
        try {
          await this.#writeBatch();
        } catch (error) {
          this.#fail(error);
        }
        // The spare segment may have failed meanwhile: then nothing is acknowledged any more.
        if (this.#failed) return;
        this.onDurable(this.#durable);
        this.#prepareAhead();
      }
    } finally {
      this.#flushing = undefined;
    }
  }

  /** One write and one sync for all pending records that the segment has room for. */
  async #writeBatch(): Promise<void> {
    const needed = frameHeaderBytes + (this.#pending[0]?.length ?? 0);
    if (this.#segment.end + needed > this.#segment.fileBytes) await this.#rollOver(headerBytes + needed);
    const segment = this.#segment;
    const batch = this.#takeFitting(segment.fileBytes - segment.end);
    const pieces = this.#framer.frame(batch, this.#durable + 1, segment.tag);
    await writeRecords(segment, pieces);
    this.#durable += batch.length;
  }

  #takeFitting(roomBytes: number): Uint8Array[] {
    let left = roomBytes;
    let count = 0;
    for (const { length } of this.#pending) {
      left -= frameHeaderBytes + length;
      if (left < 0) break;
      count += 1;
    }
    if (count < this.#pending.length) return this.#pending.splice(0, count);
    const all = this.#pending;
    this.#pending = [];
    return all;
  }

  /** Goes on in a new segment. All records of the old one are durable, for no batch spans two. */
  async #rollOver(minBytes: number): Promise<void> {
    this.#prepareSpare();
    const spare = await (this.#spare as Promise<Spare>);
    const { files, folder } = this.#place;
    const old = this.#segment;
    this.#segment = await publish(files, folder, spare, this.#durable + 1, minBytes);
    this.#spare = undefined;
    await old.file.close();
  }

  #prepareAhead(): void {
    if (this.#segment.end > this.#segment.fileBytes / 2 && this.#closing === undefined) this.#prepareSpare();
  }

  #prepareSpare(): void {
    if (this.#spare !== undefined) return;
    const { files, folder, segmentBytes } = this.#place;
    this.#spare = makeSpare(files, folder, segmentBytes);
    this.#spare.catch((error: unknown) => this.#fail(error));
  }

  #fail(error: unknown): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#pending = [];
    this.onFailure(error instanceof Error ? error : new Error(String(error)));
  }

  async #close(): Promise<void> {
    const { files, folder, unlock } = this.#place;
    try {
      await this.#flushing;
    } finally {
      const spare = await this.#spare?.catch(() => undefined);
      // All that counts is synced: an error of these calls would say nothing new.
      await Promise.allSettled([this.#segment.file.close(), spare?.file.close()]);
      // After a failure nothing more is changed; the next one to open the folder clears up.
      if (spare !== undefined && !this.#failed) await files.remove(join(folder, spareName)).catch(() => {});
      await unlock();
    }
  }
}

async function firstSegment(files: WalFiles, folder: string, segmentBytes: number): Promise<Segment> {
  const spare = await makeSpare(files, folder, segmentBytes);
  try {
    return await publish(files, folder, spare, 1, segmentBytes);
  } catch (error) {
    await spare.file.close();
    throw error;
  }
}

/**
 * Opens the log in a folder, which is made where it is absent. Two logs in one folder are refused.
 *
 * @throws WalDamaged where what was durable cannot be read back; RangeError where the options make no sense; the errors of
 * the file system as they are.
 */
export async function openWal(folder: string, options: WalOptions = {}): Promise<OpenedWal> {
  const { files = nodeFiles, segmentBytes = defaultSegmentBytes } = options;
  if (!Number.isSafeInteger(segmentBytes) || segmentBytes < 2 * headerBytes) {
    throw new RangeError(`segmentBytes is ${segmentBytes}, and must be a whole number of at least ${2 * headerBytes}`);
  }
  await files.makeFolder(folder);
  const unlock = await files.lock(folder);
  try {
    const { records, last } = await recover(files, folder);
    const segment = last ?? (await firstSegment(files, folder, segmentBytes));
    const wal = new SegmentedWal({ files, folder, segmentBytes, unlock }, records.length, segment);
    return { wal, recovered: records };
  } catch (error) {
    await unlock();
    throw error;
  }
}
