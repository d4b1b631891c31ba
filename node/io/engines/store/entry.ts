/**
 * What stands in a store: values under positions. Each begins with a CRC-32 over its position and its payload, because no
 * store notices every flipped bit by itself, nor that it gives the value of another key.
 *
 *     CRC-32 u32, little-endian | payload
 *
 * Position 0 is no record: its payload is the position of the first record, a u64. It is written in the same transaction
 * as the removals, and so a beginning that was removed can be told from one that was lost.
 */
import { crc32 } from 'node:zlib';

export interface Entry {
  readonly position: number;
  readonly value: Uint8Array;
}

/** The longest record, in bytes: SQLite takes values of up to 10^9 bytes, the others longer ones. */
export const maxRecordBytes = 2 ** 29;

const crcBytes = 4;
const keyBytes = 8;

/** A position as a key: bytes that sort as positions do. */
export function keyOf(position: number): Buffer {
  const key = Buffer.allocUnsafe(keyBytes);
  key.writeBigUInt64BE(BigInt(position));
  return key;
}

export function positionOf(key: Uint8Array): number {
  const bytes = Buffer.from(key.buffer, key.byteOffset, key.byteLength);
  // What is no key of ours is no position either.
  return bytes.length === keyBytes ? Number(bytes.readBigUInt64BE()) : Number.NaN;
}

function crcOf(position: number, payload: Uint8Array): number {
  return crc32(payload, crc32(keyOf(position)));
}

/** @param length - of all pieces together, in bytes */
export function encodeEntry(position: number, pieces: readonly Uint8Array[], length: number): Entry {
  const value = Buffer.allocUnsafe(crcBytes + length);
  let at = crcBytes;
  for (const piece of pieces) {
    value.set(piece, at);
    at += piece.length;
  }
  value.writeUInt32LE(crcOf(position, value.subarray(crcBytes)));
  return { position, value };
}

/** The payload, a view; null where it is not what was written under this position. */
export function payloadOf({ position, value }: Entry): Uint8Array | null {
  if (value.length < crcBytes) return null;
  const payload = value.subarray(crcBytes);
  const crc = Buffer.from(value.buffer, value.byteOffset, crcBytes).readUInt32LE();
  return crc === crcOf(position, payload) ? payload : null;
}

export function encodeFirst(firstPosition: number): Entry {
  return encodeEntry(0, [keyOf(firstPosition)], keyBytes);
}

/** The position of the first record; null where the entry is not what was written. */
export function decodeFirst(entry: Entry): number | null {
  const payload = payloadOf(entry);
  return payload === null || payload.length !== keyBytes ? null : positionOf(payload);
}
