/** For tests: payloads that are told apart, and calls as promises. */
import { readdirSync } from 'node:fs';
import type { WalFiles } from '../wal/files.ts';
import { type OpenedSnapshots, openSnapshots, type StoredSnapshots } from './snapshots.ts';

/** Bytes that no other seed below 251 has, at any offset, and that no two blocks share. */
export function payloadOf(seed: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at < length; at += 1) bytes[at] = (seed + at * 7 + (at >> 8) * 13 + (at >> 16) * 29) % 251;
  return bytes;
}

export function recordOf(index: number): Uint8Array[] {
  return [Buffer.from('up to '), Buffer.from(String(index))];
}

export function* piecesOf(payload: Uint8Array, pieceBytes: number): Generator<Uint8Array> {
  for (let at = 0; at < payload.length; at += pieceBytes) yield payload.subarray(at, at + pieceBytes);
}

/** Resolves with what `ask` was told, rejects when the snapshots fail. */
export function told<T>(snapshots: StoredSnapshots, ask: (done: (value: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    snapshots.onFailure = reject;
    ask(resolve);
  });
}

export function save(
  snapshots: StoredSnapshots,
  index: number,
  payload: Uint8Array,
  pieceBytes = 5000,
): Promise<number> {
  return told(snapshots, (done) => snapshots.save(index, recordOf(index), piecesOf(payload, pieceBytes), done));
}

export function receiveAll(snapshots: StoredSnapshots, index: number, payload: Uint8Array, pieceBytes = 5000): void {
  if (payload.length === 0) snapshots.receive(index, 0, payload);
  for (let at = 0; at < payload.length; at += pieceBytes) {
    snapshots.receive(index, at, payload.subarray(at, at + pieceBytes));
  }
}

/** Receives all of it, and seals it. */
export function receive(snapshots: StoredSnapshots, index: number, payload: Uint8Array): Promise<number> {
  receiveAll(snapshots, index, payload);
  return told(snapshots, (done) => snapshots.seal(index, recordOf(index), done));
}

export interface TakenPiece {
  readonly bytes: Uint8Array;
  readonly last: boolean;
}

export function readPiece(
  snapshots: StoredSnapshots,
  index: number,
  offset: number,
  maxBytes: number,
): Promise<TakenPiece> {
  return told(snapshots, (done) => {
    snapshots.read(index, offset, maxBytes, (bytes, last) => done({ bytes, last }));
  });
}

/** What is read from this offset on, one piece after the other. */
export async function readFrom(
  snapshots: StoredSnapshots,
  index: number,
  offset: number,
  maxBytes = 2 ** 30,
): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  let at = offset;
  for (;;) {
    const { bytes, last } = await readPiece(snapshots, index, at, maxBytes);
    if (bytes.length > maxBytes) throw new Error(`${bytes.length} bytes, and ${maxBytes} were asked for`);
    if (bytes.length === 0 && !last) throw new Error('nothing, and more is to come');
    pieces.push(bytes);
    at += bytes.length;
    if (last) return Buffer.concat(pieces);
  }
}

/** The newest snapshot with its record and payload, as a replica begins from it. */
export interface Begin {
  readonly index: number;
  readonly record: string;
  readonly payload: Buffer;
}

/** Opens the folder as a start does, and reads the newest snapshot whole. */
export async function begin(folder: string, files?: WalFiles): Promise<Begin | undefined> {
  const { snapshots, newest }: OpenedSnapshots = await openSnapshots(folder, files === undefined ? {} : { files });
  try {
    if (newest === undefined) return undefined;
    const payload = await readFrom(snapshots, newest.index, 0);
    return { index: newest.index, record: Buffer.from(newest.record).toString(), payload };
  } finally {
    await snapshots.close();
  }
}

export const turns = async (count: number): Promise<void> => {
  for (let turn = 0; turn < count; turn += 1) await new Promise<void>((resolve) => setImmediate(resolve));
};

/** What a folder holds, but for the lock of whoever has it open. */
export const filesIn = (folder: string): string[] => readdirSync(folder).filter((name) => !name.startsWith('lock-'));
