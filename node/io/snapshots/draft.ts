/**
 * A snapshot on its way to the disk: a file under a temporary name, which gets its own name once all its bytes are durable,
 * so that a crash leaves either a whole snapshot or none; the name is durable before anyone is told of it (Pillai and
 * others, "All File Systems Are Not Created Equal", OSDI 2014).
 *
 * It is written a few blocks at a time, and each write is durable before the next one is begun. A snapshot that was only
 * synced at its end would by then have filled the page cache, and the log's next sync would wait behind all of it: in the
 * disk's queue, and in the file system's journal, which has the new blocks written before it commits. This way no sync, of
 * this file or of the log, ever finds more than one such write before it, and memory holds no more than that either.
 */
import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import type { WalFile, WalFiles } from '../wal/files.ts';
import { writeAllDurably } from '../wal/segment.ts';
import { blockBytes, checksumBytes, checksumOf, encodeHeader, headerBytes } from './format.ts';

/** How many blocks are written at a time. */
const blocksPerWrite = 4;

/** The name of the snapshot up to this index. Names sort as indexes do. */
export function snapshotName(index: number): string {
  return `${String(index).padStart(16, '0')}.snapshot`;
}

/** The index in a snapshot's name; null where it is no such name. */
export function indexInName(name: string): number | null {
  return /^\d{16}\.snapshot$/.test(name) ? Number(name.slice(0, 16)) : null;
}

/** One call at a time. Every promise is rejected with the errors of the file system as they are. */
export class Draft {
  readonly #files: WalFiles;
  readonly #folder: string;
  readonly #path: string;
  readonly #tag = randomInt(1, 2 ** 32);
  /** Made when there is something to write. */
  #file: WalFile | undefined;
  /** The offset in the file of the next byte that is written. */
  #end = headerBytes;
  #published = false;

  /** What is to be written next, with the checksums of the blocks that are complete. */
  readonly #staging = Buffer.allocUnsafeSlow(blocksPerWrite * (blockBytes + checksumBytes));
  /** Where the next byte is staged. */
  #at = 0;
  /** Where the block that it belongs to begins. */
  #blockFrom = 0;
  /** How many blocks are complete, written or staged. */
  #blocks = 0;
  #payloadBytes = 0;

  /** @param temporaryName - no other draft that is under way may have it */
  constructor(files: WalFiles, folder: string, temporaryName: string) {
    this.#files = files;
    this.#folder = folder;
    this.#path = join(folder, temporaryName);
  }

  /** Takes the next bytes of the payload. They are not needed once it returns. */
  async add(bytes: Uint8Array): Promise<void> {
    let rest = bytes;
    while (rest.length > 0) {
      const taken = rest.subarray(0, this.#blockFrom + blockBytes - this.#at);
      rest = rest.subarray(taken.length);
      this.#staging.set(taken, this.#at);
      this.#at += taken.length;
      this.#payloadBytes += taken.length;
      if (this.#at === this.#blockFrom + blockBytes) this.#endBlock();
      if (this.#at === this.#staging.length) await this.#write([]);
    }
  }

  /** Makes it the snapshot up to this index, in the place of one that is there, durably; returns the payload's length. */
  async publish(index: number, record: readonly Uint8Array[]): Promise<number> {
    if (this.#at > this.#blockFrom) this.#endBlock();
    const bytes = Buffer.concat(record);
    const checksum = Buffer.alloc(checksumBytes);
    checksum.writeUInt32LE(checksumOf(bytes, this.#tag, this.#blocks));
    const file = await this.#write([bytes, checksum]);
    const header = { tag: this.#tag, index, payloadBytes: this.#payloadBytes, recordBytes: bytes.length };
    await writeAllDurably(file, [encodeHeader(header)], 0);
    await this.#files.rename(this.#path, join(this.#folder, snapshotName(index)));
    this.#published = true;
    await this.#files.syncFolder(this.#folder);
    return this.#payloadBytes;
  }

  /** Lets go of the file, and removes it unless it has become a snapshot. Nothing may be asked of the draft after it. */
  async discard(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
    if (file !== undefined && !this.#published) await this.#files.remove(this.#path);
  }

  #endBlock(): void {
    const block = this.#staging.subarray(this.#blockFrom, this.#at);
    this.#staging.writeUInt32LE(checksumOf(block, this.#tag, this.#blocks), this.#at);
    this.#at += checksumBytes;
    this.#blockFrom = this.#at;
    this.#blocks += 1;
  }

  /** Writes what is staged and what follows it. */
  async #write(following: readonly Uint8Array[]): Promise<WalFile> {
    this.#file ??= await this.#files.create(this.#path);
    const staged = this.#staging.subarray(0, this.#at);
    this.#end = await writeAllDurably(this.#file, [staged, ...following], this.#end);
    this.#at = 0;
    this.#blockFrom = 0;
    return this.#file;
  }
}
