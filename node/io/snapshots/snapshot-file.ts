/** A durable snapshot, read and checked. */
import { join } from 'node:path';
import type { WalFiles, WalReadFile } from '../wal/files.ts';
import { damage, type SnapshotDamaged } from './damage.ts';
import { snapshotName } from './draft.ts';
import {
  blockAt,
  blockBytes,
  blockCount,
  checksumBytes,
  checksumOf,
  decodeHeader,
  headerBytes,
  recordAt,
  type SnapshotHeader,
} from './format.ts';

/** What is wrong at this offset of the file, as a clause. */
type Damaged = (at: number, what: string) => SnapshotDamaged;

/** Part of the payload of a snapshot. */
export interface Piece {
  readonly bytes: Uint8Array;
  /** Whether nothing of the snapshot follows. */
  readonly last: boolean;
}

/** One read takes so many blocks at most: it holds up neither the memory nor the event loop. */
const blocksPerRead = 16;

export class SnapshotFile {
  readonly index: number;
  /** The record that it was saved with, encoded. */
  readonly record: Uint8Array;
  readonly #file: WalReadFile;
  readonly #header: SnapshotHeader;
  readonly #damaged: Damaged;

  private constructor(file: WalReadFile, header: SnapshotHeader, record: Uint8Array, damaged: Damaged) {
    this.index = header.index;
    this.record = record;
    this.#file = file;
    this.#header = header;
    this.#damaged = damaged;
  }

  /**
   * Checks the header, the record and the length; the blocks are checked when they are read.
   *
   * @throws SnapshotDamaged where they are not as they were written; the errors of the file system as they are
   */
  static async open(files: WalFiles, folder: string, index: number): Promise<SnapshotFile> {
    const name = snapshotName(index);
    const damaged: Damaged = (at, what) => damage(folder, name, at, what);
    const file = await files.openToRead(join(folder, name));
    try {
      const header = await readHeader(file, index, damaged);
      return new SnapshotFile(file, header, await readRecord(file, header, damaged), damaged);
    } catch (error) {
      await file.close().catch(() => {});
      throw error;
    }
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  /** How long the payload is. */
  get bytes(): number {
    return this.#header.payloadBytes;
  }

  /**
   * Part of the payload from this offset on, in memory of its own: at most `maxBytes`, and less where that spares a part of
   * a block, which would have to be checked as a whole, and once more by the next read.
   *
   * @throws SnapshotDamaged where it is not there as it was written; RangeError where the snapshot ends before the offset;
   * the errors of the file system as they are
   */
  async read(offset: number, maxBytes: number): Promise<Piece> {
    const { payloadBytes } = this.#header;
    if (!(offset <= payloadBytes)) {
      throw new RangeError(`snapshot ${this.index} has ${payloadBytes} bytes, and was to be read from ${offset} on`);
    }
    if (offset === payloadBytes) return { bytes: new Uint8Array(0), last: true };
    const first = Math.floor(offset / blockBytes);
    const end = this.#endOfRead(offset, Math.min(offset + maxBytes, (first + blocksPerRead) * blockBytes));
    const payload = await this.#readBlocks(first, blockCount(end));
    const from = first * blockBytes;
    return { bytes: payload.subarray(offset - from, end - from), last: end === payloadBytes };
  }

  #endOfRead(offset: number, limit: number): number {
    const { payloadBytes } = this.#header;
    if (limit >= payloadBytes) return payloadBytes;
    const wholeBlocks = limit - (limit % blockBytes);
    return wholeBlocks > offset ? wholeBlocks : limit;
  }

  /** The payload of the blocks from `first` on, before `end`. */
  async #readBlocks(first: number, end: number): Promise<Buffer> {
    const { tag, payloadBytes } = this.#header;
    const at = blockAt(first);
    const fileEnd = Math.min(blockAt(end), recordAt(this.#header));
    const bytes = Buffer.allocUnsafeSlow(fileEnd - at);
    const read = await this.#file.read(bytes, at);
    if (read !== bytes.length) {
      throw this.#damaged(at + read, `only ${read} of ${bytes.length} bytes of snapshot ${this.index} can be read`);
    }
    let length = 0;
    for (let number = first; number < end; number += 1) {
      const from = blockAt(number) - at;
      const to = from + Math.min(blockBytes, payloadBytes - number * blockBytes);
      if (bytes.readUInt32LE(to) !== checksumOf(bytes.subarray(from, to), tag, number)) {
        throw this.#damaged(at + from, `block ${number} of snapshot ${this.index} is damaged, and it was durable`);
      }
      // The checksums go, the blocks move together.
      bytes.copyWithin(length, from, to);
      length += to - from;
    }
    return bytes.subarray(0, length);
  }
}

async function readHeader(file: WalReadFile, index: number, damaged: Damaged): Promise<SnapshotHeader> {
  const head = Buffer.alloc(headerBytes);
  const header = decodeHeader(head.subarray(0, await file.read(head, 0)));
  if (typeof header === 'string') throw damaged(0, `the file ${header}`);
  if (header.index !== index) throw damaged(0, `the file is snapshot ${header.index} by its header`);
  return header;
}

/** The record is the end of the file: its length is checked with it. */
async function readRecord(file: WalReadFile, header: SnapshotHeader, damaged: Damaged): Promise<Uint8Array> {
  const at = recordAt(header);
  const { tag, index, payloadBytes, recordBytes } = header;
  const expected = recordBytes + checksumBytes;
  // One byte more, that must not be there.
  const bytes = Buffer.allocUnsafeSlow(expected + 1);
  const read = await file.read(bytes, at);
  if (read !== expected) {
    const how = read < expected ? 'shorter' : 'longer';
    throw damaged(at, `the file is ${how} than the ${at + expected} bytes that it was made with`);
  }
  const record = bytes.subarray(0, recordBytes);
  if (bytes.readUInt32LE(recordBytes) !== checksumOf(record, tag, blockCount(payloadBytes))) {
    throw damaged(at, `the record of snapshot ${index} is damaged, and it was durable`);
  }
  return record;
}
