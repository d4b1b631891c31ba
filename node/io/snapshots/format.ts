/**
 * The bytes of a snapshot's file. All numbers are little-endian.
 *
 *     header   magic 8 | version u32 | tag u32 | index u64 | payload bytes u64 | record bytes u32 | CRC-32 u32 of these 36 bytes
 *     blocks   64 KiB of the payload, the last one what is left | CRC-32 u32, and so on
 *     record   the protocol's record | CRC-32 u32
 *
 * Nothing is between them or after them. What is where follows from the header, so any part of the payload can be read, and
 * checked, without the rest; a file that is shorter or longer than its header says is noticed when it is opened.
 *
 * The record follows the payload because its length is not limited, and because whoever receives a snapshot knows it last.
 * The header is written last for the same reason: until then its place is a hole.
 *
 * The tag is drawn anew for each file. The CRC of a block is seeded with the tag and the block's number (the record counts
 * as the block after the last), so that a block which stands in the place of another, or which another file has left there,
 * is none: for the same bytes, different seeds never give the same CRC. The index stands in the header as well as in the
 * name, so that a file under the name of another is noticed.
 *
 * The CRC is that of zlib; see `../wal/format.ts` for why.
 */
import { crc32 } from 'node:zlib';

export const headerBytes = 40;
/** How much of the payload one block holds: what a read has to check at least. */
export const blockBytes = 64 * 1024;
export const checksumBytes = 4;

const magic = Buffer.from('SPLITSNP', 'latin1');
const version = 1;
const checkedHeaderBytes = headerBytes - checksumBytes;

export interface SnapshotHeader {
  readonly tag: number;
  readonly index: number;
  /** Of the machine's own bytes, without the checksums. */
  readonly payloadBytes: number;
  readonly recordBytes: number;
}

export function encodeHeader(header: SnapshotHeader): Buffer {
  const buffer = Buffer.alloc(headerBytes);
  magic.copy(buffer);
  buffer.writeUInt32LE(version, 8);
  buffer.writeUInt32LE(header.tag, 12);
  buffer.writeBigUInt64LE(BigInt(header.index), 16);
  buffer.writeBigUInt64LE(BigInt(header.payloadBytes), 24);
  buffer.writeUInt32LE(header.recordBytes, 32);
  buffer.writeUInt32LE(crc32(buffer.subarray(0, checkedHeaderBytes)), checkedHeaderBytes);
  return buffer;
}

/** The header, or what is wrong with it as the rest of a sentence that begins with the name of the file. */
export function decodeHeader(bytes: Buffer): SnapshotHeader | string {
  if (bytes.length < headerBytes) return `is shorter than its header of ${headerBytes} bytes`;
  if (bytes.compare(magic, 0, magic.length, 0, magic.length) !== 0) return 'does not begin as a snapshot does';
  if (bytes.readUInt32LE(checkedHeaderBytes) !== crc32(bytes.subarray(0, checkedHeaderBytes))) {
    return 'has a damaged header (its checksum does not match)';
  }
  if (bytes.readUInt32LE(8) !== version) return `has format ${bytes.readUInt32LE(8)}, and only ${version} is known`;
  return {
    tag: bytes.readUInt32LE(12),
    index: Number(bytes.readBigUInt64LE(16)),
    payloadBytes: Number(bytes.readBigUInt64LE(24)),
    recordBytes: bytes.readUInt32LE(32),
  };
}

/** @param number - of the block, counted from 0 */
export function checksumOf(block: Uint8Array, tag: number, number: number): number {
  const seed = (tag + number) % 2 ** 32;
  // Of nothing, zlib's CRC is sometimes the seed, and sometimes 0.
  return block.length === 0 ? seed : crc32(block, seed);
}

export function blockCount(payloadBytes: number): number {
  return Math.ceil(payloadBytes / blockBytes);
}

/** The offset of a block in the file. */
export function blockAt(number: number): number {
  return headerBytes + number * (blockBytes + checksumBytes);
}

/** The offset of the record in the file. */
export function recordAt({ payloadBytes }: SnapshotHeader): number {
  return headerBytes + payloadBytes + blockCount(payloadBytes) * checksumBytes;
}
