/** The log that was opened: batches, roll-overs, removals, and the end. See `wal.ts` for what it promises. */
import { join } from 'node:path';
import { atEndOfTurn } from '../turn.ts';
import type { WalFiles } from './files.ts';
import { Framer, frameHeaderBytes, headerBytes, maxRecordBytes, type RecordPieces } from './format.ts';
import type { Positions } from './positions.ts';
import { RecordReader } from './reader.ts';
import { makeSpare, publish, type Segment, type Spare, segmentName, spareName, writeRecords } from './segment.ts';
import type { Wal } from './wal.ts';

/** Where the log is kept. */
interface Place {
  readonly files: WalFiles;
  readonly folder: string;
  readonly segmentBytes: number;
  readonly unlock: () => Promise<void>;
}

export class SegmentedWal implements Wal {
  onDurable: (position: number) => void = () => {};
  onFailure: (error: Error) => void = () => {};

  readonly #place: Place;
  readonly #framer = new Framer();
  readonly #positions: Positions;
  readonly #reader: RecordReader;
  #segment: Segment;
  /** The next segment, made ahead of need: a roll-over then costs a header and a name. */
  #spare: Promise<Spare> | undefined;

  /** The position of the last record that was appended. */
  #appended: number;
  #durable: number;
  /** What was appended after `#durable`, in order. */
  #pending: RecordPieces[] = [];
  /** Defined while records are pending: gathering, writing or syncing. */
  #flushing: Promise<void> | undefined;
  /** The records before this position are needed no more. */
  #neededFrom: number;
  /** Settles, and never rejects, when all that was to be removed is gone, or the log has failed. */
  #removed: Promise<void> = Promise.resolve();
  #failure: Error | undefined;
  #closing: Promise<void> | undefined;

  /**
   * @param durable - the position up to which all is durable
   * @param positions - where the records stand that were recovered; this segment is the last of them
   */
  constructor(place: Place, durable: number, positions: Positions, segment: Segment) {
    this.#place = place;
    this.#positions = positions;
    this.#reader = new RecordReader(place.files, place.folder);
    this.#segment = segment;
    this.#appended = durable;
    this.#durable = durable;
    this.#neededFrom = positions.first;
  }

  append(...pieces: readonly Uint8Array[]): number {
    let length = 0;
    for (const piece of pieces) length += piece.length;
    if (length > maxRecordBytes) {
      throw new RangeError(`a record of ${length} bytes; the log takes at most ${maxRecordBytes}`);
    }
    this.#appended += 1;
    if (this.#failure !== undefined || this.#closing !== undefined) return this.#appended;
    this.#pending.push({ pieces, length });
    this.#flushing ??= this.#flush();
    return this.#appended;
  }

  async read(position: number): Promise<Uint8Array> {
    if (this.#failure !== undefined) {
      throw new Error(`the log has failed: ${this.#failure.message}`, { cause: this.#failure });
    }
    if (this.#closing !== undefined) throw new Error('the log is closed');
    // What is added to the positions is durable.
    const place = this.#positions.placeOf(position);
    if (place === undefined) {
      throw new RangeError(`there is no record ${position} to read: ${this.#range()}`);
    }
    return this.#reader.read(position, place);
  }

  removeBefore(position: number): void {
    if (!Number.isSafeInteger(position) || position < 1 || position > this.#durable) {
      throw new RangeError(`there is no record ${position} to remove those before it: ${this.#range()}`);
    }
    this.#neededFrom = Math.max(this.#neededFrom, position);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  #range(): string {
    return `those from ${this.#positions.first} to ${this.#durable} are durable`;
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
        if (this.#failure !== undefined) return;
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
    for (const { length } of batch) this.#positions.add(length);
    this.#durable += batch.length;
  }

  #takeFitting(roomBytes: number): RecordPieces[] {
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
    const firstPosition = this.#durable + 1;
    const logBegins = this.#positions.placeOf(this.#neededFrom)?.segmentFirst ?? this.#positions.first;
    this.#segment = await publish(files, folder, spare, { firstPosition, logBegins }, minBytes);
    this.#positions.begin(firstPosition, this.#segment.tag);
    this.#spare = undefined;
    this.#removeSegmentsBefore(logBegins);
    await old.file.close();
  }

  /** The last segment says, durably, that the log begins here. */
  #removeSegmentsBefore(logBegins: number): void {
    const firsts = this.#positions.removeBefore(logBegins);
    if (firsts.length === 0) return;
    const readable = this.#reader.letGoBefore(logBegins);
    this.#removed = Promise.all([this.#removed, readable])
      .then(() => this.#remove(firsts))
      .catch((error: unknown) => this.#fail(error));
  }

  async #remove(firsts: readonly number[]): Promise<void> {
    const { files, folder } = this.#place;
    for (const first of firsts) {
      if (this.#failure !== undefined) return;
      await files.remove(join(folder, segmentName(first)));
    }
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
    if (this.#failure !== undefined) return;
    this.#failure = error instanceof Error ? error : new Error(String(error));
    this.#pending = [];
    this.onFailure(this.#failure);
  }

  async #close(): Promise<void> {
    const { files, folder, unlock } = this.#place;
    try {
      await this.#flushing;
    } finally {
      await this.#removed;
      const spare = await this.#spare?.catch(() => undefined);
      // All that counts is synced: an error of these calls would say nothing new.
      await Promise.allSettled([this.#segment.file.close(), spare?.file.close(), this.#reader.close()]);
      // After a failure nothing more is changed; the next one to open the folder clears up.
      if (spare !== undefined && this.#failure === undefined)
        await files.remove(join(folder, spareName)).catch(() => {});
      await unlock();
    }
  }
}
