/**
 * The bytes of a segment. All numbers are little-endian.
 *
 *     header   magic 8 | version u32 | tag u32 | first position u64 | file bytes u64 | log begins u64 | CRC-32 u32 of
 *              these 40 bytes
 *     frame    tag u32 | CRC-32 u32 | payload bytes u32 | place in its batch u32 | position u64 | payload
 *
 * Frames begin at `headerBytes` and follow each other without a gap; zeros follow the last one.
 *
 * The position makes a record notice that it stands where another belongs (a misdirected or a stale write). The tag is
 * drawn anew for each segment, begins each frame and is the seed of its CRC: what another segment or another replica
 * wrote is no frame here, nor is anything that a client, who cannot know the tag, hides in a value (the salt of SQLite's
 * write-ahead log serves the same end; "WAL file format", section 4.1).
 *
 * The CRC is that of zlib (ISO 3309, as in Ethernet and gzip): it notices every burst of up to 32 flipped bits. CRC-32C would
 * notice a little more of what is longer, but Node has it not in machine code, and in JavaScript it took a twentieth of all
 * the time that three replicas and their clients had.
 *
 * Where the log begins is told by the header of its last segment: what is older than that was removed on purpose, or is to
 * be, and what is missing from there on was lost (`recovery.ts`).
 *
 * The place in its batch tells what was durable when the frame was written, for a batch is written only after the one
 * before it was synced. Recovery can thus tell a torn write from damage: see `recovery.ts`.
 */
import { crc32 } from 'node:zlib';

/** A page of its own: writing records never rewrites the sectors of the header. */
export const headerBytes = 4096;
/** What a record takes in addition to its payload. */
export const frameHeaderBytes = 24;
/** The longest record, in bytes. */
export const maxRecordBytes = 2 ** 30;

const magic = Buffer.from('SPLITWAL', 'latin1');
const version = 3;
const checkedHeaderBytes = 40;
/** Where the checked part of a frame begins: after its tag and its CRC. */
const checkedFrom = 8;

export interface SegmentHeader {
  readonly tag: number;
  readonly firstPosition: number;
  /** How long the file is, header included. */
  readonly fileBytes: number;
  /** The first position of the first segment that the log still needed when this one was made. */
  readonly logBegins: number;
}

/** A record as it was found in a segment. */
export interface Frame {
  readonly position: number;
  /** The first position of the batch that it was written in: all before it were durable by then. */
  readonly batchFirst: number;
  readonly payload: Buffer;
  /** The offset of the first byte after it. */
  readonly end: number;
}

function putU64(buffer: Buffer, at: number, value: number): void {
  buffer.writeUInt32LE(value % 2 ** 32, at);
  buffer.writeUInt32LE(Math.floor(value / 2 ** 32), at + 4);
}

/** May be past what a number holds exactly; the callers check. */
function getU64(buffer: Buffer, at: number): number {
  return buffer.readUInt32LE(at + 4) * 2 ** 32 + buffer.readUInt32LE(at);
}

export function encodeHeader(header: SegmentHeader): Buffer {
  const buffer = Buffer.alloc(headerBytes);
  magic.copy(buffer);
  buffer.writeUInt32LE(version, 8);
  buffer.writeUInt32LE(header.tag, 12);
  putU64(buffer, 16, header.firstPosition);
  putU64(buffer, 24, header.fileBytes);
  putU64(buffer, 32, header.logBegins);
  buffer.writeUInt32LE(crc32(buffer.subarray(0, checkedHeaderBytes)), checkedHeaderBytes);
  return buffer;
}

/** The header, or what is wrong with it as the rest of a sentence that begins with the name of the file. */
export function decodeHeader(bytes: Buffer): SegmentHeader | string {
  if (bytes.length < headerBytes) return `is shorter than its header of ${headerBytes} bytes`;
  if (bytes.compare(magic, 0, magic.length, 0, magic.length) !== 0) return 'does not begin as a segment does';
  if (bytes.readUInt32LE(checkedHeaderBytes) !== crc32(bytes.subarray(0, checkedHeaderBytes))) {
    return 'has a damaged header (its checksum does not match)';
  }
  if (bytes.readUInt32LE(8) !== version) return `has format ${bytes.readUInt32LE(8)}, and only ${version} is known`;
  return {
    tag: bytes.readUInt32LE(12),
    firstPosition: getU64(bytes, 16),
    fileBytes: getU64(bytes, 24),
    logBegins: getU64(bytes, 32),
  };
}

/** A record in pieces that follow one another. */
export interface RecordPieces {
  readonly pieces: readonly Uint8Array[];
  /** Of all of them together, in bytes. */
  readonly length: number;
}

/** Pieces up to this many bytes are copied beside their headers: cheaper than one more piece for the system call. */
const copiedBytes = 16 * 1024;

/** Frames batches. The bytes of one batch are valid until the next is framed: only one write is under way at a time. */
export class Framer {
  #staging = Buffer.allocUnsafeSlow(256 * 1024);
  /** Where the next byte is staged. */
  #at = 0;
  /** What is staged from here on is in no piece yet. */
  #from = 0;
  #pieces: Uint8Array[] = [];

  /** The pieces to write, in order. `first` is the position of the first record. */
  frame(records: readonly RecordPieces[], first: number, tag: number): Uint8Array[] {
    this.#reserve(records);
    this.#at = 0;
    this.#from = 0;
    for (const [place, record] of records.entries()) this.#add(record, place, first + place, tag);
    this.#endPiece();
    const pieces = this.#pieces;
    // What is large would stay in memory until the next batch.
    this.#pieces = [];
    return pieces;
  }

  #add({ pieces, length }: RecordPieces, place: number, position: number, tag: number): void {
    const staging = this.#staging;
    const head = this.#at;
    staging.writeUInt32LE(tag, head);
    staging.writeUInt32LE(length, head + 8);
    staging.writeUInt32LE(place, head + 12);
    putU64(staging, head + 16, position);
    this.#at = head + frameHeaderBytes;
    let crc = tag;
    let unchecked = head + checkedFrom;
    for (const piece of pieces) {
      if (piece.length <= copiedBytes) {
        staging.set(piece, this.#at);
        this.#at += piece.length;
        continue;
      }
      crc = crc32(piece, crc32(staging.subarray(unchecked, this.#at), crc));
      this.#endPiece();
      this.#pieces.push(piece);
      unchecked = this.#at;
    }
    if (this.#at > unchecked) crc = crc32(staging.subarray(unchecked, this.#at), crc);
    staging.writeUInt32LE(crc, head + 4);
  }

  #endPiece(): void {
    if (this.#at > this.#from) this.#pieces.push(this.#staging.subarray(this.#from, this.#at));
    this.#from = this.#at;
  }

  #reserve(records: readonly RecordPieces[]): void {
    let bytes = 0;
    for (const { pieces } of records) {
      bytes += frameHeaderBytes;
      for (const { length } of pieces) if (length <= copiedBytes) bytes += length;
    }
    if (bytes > this.#staging.length) this.#staging = Buffer.allocUnsafeSlow(bytes);
  }
}

/** The frame that begins at `at`, its payload a view; null where none does. Reads nothing past the end. */
export function frameAt(bytes: Buffer, at: number, tag: number): Frame | null {
  const payloadAt = at + frameHeaderBytes;
  if (payloadAt > bytes.length || bytes.readUInt32LE(at) !== tag) return null;
  const length = bytes.readUInt32LE(at + 8);
  if (length > bytes.length - payloadAt) return null;
  const end = payloadAt + length;
  if (bytes.readUInt32LE(at + 4) !== crc32(bytes.subarray(at + checkedFrom, end), tag)) return null;
  const position = getU64(bytes, at + 16);
  return { position, batchFirst: position - bytes.readUInt32LE(at + 12), payload: bytes.subarray(payloadAt, end), end };
}

/** Every frame that begins at `from` or later, wherever it stands. */
export function* framesFrom(bytes: Buffer, from: number, tag: number): Generator<Frame> {
  const mark = Buffer.alloc(4);
  mark.writeUInt32LE(tag);
  for (let at = bytes.indexOf(mark, from); at !== -1; at = bytes.indexOf(mark, at + 1)) {
    const frame = frameAt(bytes, at, tag);
    if (frame !== null) yield frame;
  }
}
