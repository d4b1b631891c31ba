/** For tests of reading: records that are told apart, what a read should give, and files changed on the disk. */
import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { expect } from 'vitest';
import { durable } from './fixture.ts';
import { frameHeaderBytes, headerBytes } from './format.ts';
import type { Wal } from './wal.ts';

export const segmentBytes = 2 * headerBytes;
/** The payload that fills an empty segment to its last byte. */
export const roomBytes = segmentBytes - headerBytes - frameHeaderBytes;

/** Bytes that no other record of this size has, among a thousand. */
export const recordOf = (position: number, bytes: number): Buffer =>
  Buffer.from(Array.from({ length: bytes }, (_, at) => (position * 31 + at * 7 + (at >> 8)) & 0xff));

export async function appendBatch(wal: Wal, records: readonly Uint8Array[]): Promise<void> {
  let last = 0;
  for (const record of records) last = wal.append(record);
  await durable(wal, last);
}

export async function expectRecord(wal: Wal, records: readonly Buffer[], position: number): Promise<void> {
  const found = await wal.read(position);
  // Not `toEqual`: it compares byte by byte.
  expect({ position, same: records[position - 1]?.equals(found) }).toEqual({ position, same: true });
}

/** Each one on its own, from the last to the first, and then all at once. */
export async function expectAll(wal: Wal, records: readonly Buffer[]): Promise<void> {
  const positions = records.map((_, index) => index + 1);
  for (const position of positions.toReversed()) await expectRecord(wal, records, position);
  await Promise.all(positions.map((position) => expectRecord(wal, records, position)));
}

export function bytesAt(path: string, at: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  const fd = openSync(path, 'r');
  readSync(fd, bytes, 0, length, at);
  closeSync(fd);
  return bytes;
}

/** Changes a file, behind the back of the log that may have it open. */
export function overwrite(path: string, at: number, bytes: Uint8Array): void {
  const fd = openSync(path, 'r+');
  writeSync(fd, bytes, 0, bytes.length, at);
  closeSync(fd);
}

export function flip(path: string, at: number): void {
  const [byte] = bytesAt(path, at, 1) as unknown as [number];
  overwrite(path, at, Buffer.of(byte ^ (1 << (at % 8))));
}

/** What a read is refused with. */
export const refusal = (read: Promise<Uint8Array>): Promise<Error> =>
  read.then(
    () => expect.fail('the record was read'),
    (error: Error) => error,
  );
