/**
 * Segments: files of a fixed length, filled with zeros before they are used.
 *
 * Why the zeros are written: fdatasync(2) also flushes the metadata that is needed to read the data back. If a write makes
 * the file longer, or falls into an extent that fallocate(2) reserved but nobody wrote, each sync must commit a change of
 * the file's length or extents to the file system's journal besides the data. In a file whose blocks are all written, a
 * sync flushes the data and nothing else, which nearly doubles the rate.
 */
import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import type { WalFile, WalFiles } from './files.ts';
import { encodeHeader, headerBytes } from './format.ts';

/** A segment that records are written to. */
export interface Segment {
  readonly file: WalFile;
  readonly tag: number;
  /** How long the file is. */
  readonly fileBytes: number;
  /** The offset of the first byte after the last record. */
  end: number;
}

/** A file of zeros that is to become a segment. */
export interface Spare {
  readonly file: WalFile;
  readonly fileBytes: number;
}

/** What a file is called until it is a segment. Whoever opens the log removes it. */
export const spareName = 'next.tmp';

const zeros = new Uint8Array(1 << 20);

/** The name of the segment whose first record has this position. Names sort as positions do. */
export function segmentName(firstPosition: number): string {
  return `${String(firstPosition).padStart(16, '0')}.wal`;
}

/** The position in a segment's name; null where it is no such name. */
export function positionInName(name: string): number | null {
  return /^\d{16}\.wal$/.test(name) ? Number(name.slice(0, 16)) : null;
}

/** Writes all pieces; returns where they end. */
export function writeAll(file: WalFile, pieces: readonly Uint8Array[], at: number): Promise<number> {
  return allTaken((rest, offset) => file.write(rest, offset), pieces, at);
}

/** Writes all pieces, durably. */
export function writeAllDurably(file: WalFile, pieces: readonly Uint8Array[], at: number): Promise<number> {
  return allTaken((rest, offset) => file.writeDurably(rest, offset), pieces, at);
}

/** A short write is gone on with, as POSIX allows it; one of nothing is an error. */
async function allTaken(write: WalFile['write'], pieces: readonly Uint8Array[], at: number): Promise<number> {
  let rest = pieces;
  let offset = at;
  while (rest.length > 0) {
    const wanted = rest.reduce((sum, { length }) => sum + length, 0);
    const written = await write(rest, offset);
    if (written === wanted) return offset + written;
    if (written <= 0) throw new Error(`the disk took none of ${wanted} bytes at offset ${offset}`);
    offset += written;
    rest = withoutFirst(rest, written);
  }
  return offset;
}

function withoutFirst(pieces: readonly Uint8Array[], bytes: number): Uint8Array[] {
  const rest: Uint8Array[] = [];
  let skip = bytes;
  for (const piece of pieces) {
    if (skip < piece.length) rest.push(piece.subarray(skip));
    skip = Math.max(0, skip - piece.length);
  }
  return rest;
}

/** Writes zeros, and syncs each slice, so that no sync of the records has to wait behind megabytes of them. */
async function fillWithZeros(file: WalFile, from: number, to: number): Promise<void> {
  let at = from;
  while (at < to) {
    at = await writeAllDurably(file, [zeros.subarray(0, Math.min(zeros.length, to - at))], at);
  }
}

/** Makes a file of zeros. */
export async function makeSpare(files: WalFiles, folder: string, fileBytes: number): Promise<Spare> {
  const file = await files.create(join(folder, spareName));
  try {
    await fillWithZeros(file, 0, fileBytes);
    return { file, fileBytes };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/**
 * Makes a segment of a spare file, of at least `minBytes`. Its header is durable before it gets its name, so that a crash
 * leaves either a whole segment or none; the name is durable before a record is acknowledged in it, else the file could
 * be gone after a crash (Pillai and others, "All File Systems Are Not Created Equal", OSDI 2014).
 */
export async function publish(
  files: WalFiles,
  folder: string,
  spare: Spare,
  firstPosition: number,
  minBytes: number,
): Promise<Segment> {
  const { file } = spare;
  const tag = randomInt(1, 2 ** 32);
  const fileBytes = Math.max(spare.fileBytes, minBytes);
  await fillWithZeros(file, spare.fileBytes, fileBytes);
  await writeAllDurably(file, [encodeHeader({ tag, firstPosition, fileBytes })], 0);
  await files.rename(join(folder, spareName), join(folder, segmentName(firstPosition)));
  await files.syncFolder(folder);
  return { file, tag, fileBytes, end: headerBytes };
}
