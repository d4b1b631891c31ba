/**
 * Segments: files of a fixed length, filled with zeros shortly before they are written to.
 *
 * Why the zeros are written: fdatasync(2) also flushes the metadata that is needed to read the data back. If a write makes
 * the file longer, or falls where nobody has written yet, each sync must commit a change of the file's length or extents to
 * the file system's journal besides the data. Where all blocks are written, a sync flushes the data and nothing else, which
 * nearly doubles the rate of small batches. Large ones gain nothing: their zeros would double what the disk has to take.
 */
import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import type { WalFile, WalFiles } from './files.ts';
import { encodeHeader, headerBytes, type SegmentHeader } from './format.ts';

/** A segment that records are written to. */
export interface Segment {
  readonly file: WalFile;
  readonly tag: number;
  /** How long the file is. */
  readonly fileBytes: number;
  /** The offset of the first byte after the last record. */
  end: number;
  /** Up to this offset the blocks of the file are written. */
  filledTo: number;
}

/** An empty file of some length that is to become a segment. */
export interface Spare {
  readonly file: WalFile;
  readonly fileBytes: number;
}

/** What a file is called until it is a segment. Whoever opens the log removes it. */
export const spareName = 'next.tmp';

/** How far ahead zeros are written. */
const aheadBytes = 1 << 20;
/** Batches of this length and more are written without. */
const largeBatchBytes = 32 << 10;
const zeros = new Uint8Array(aheadBytes);
const oneZero = zeros.subarray(0, 1);

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

/** Writes a batch at the end of the records, durably, and zeros behind it where those are used up. */
export async function writeRecords(segment: Segment, pieces: readonly Uint8Array[]): Promise<void> {
  const { file, fileBytes, end, filledTo } = segment;
  const bytes = pieces.reduce((sum, { length }) => sum + length, 0);
  const ahead = end + bytes <= filledTo || bytes >= largeBatchBytes ? 0 : Math.min(aheadBytes, fileBytes - end - bytes);
  const written = await writeAllDurably(file, ahead === 0 ? pieces : [...pieces, zeros.subarray(0, ahead)], end);
  segment.end = end + bytes;
  segment.filledTo = Math.max(filledTo, written);
}

/** Makes a file of this length, all of it a hole. */
export async function makeSpare(files: WalFiles, folder: string, fileBytes: number): Promise<Spare> {
  const file = await files.create(join(folder, spareName));
  try {
    await writeAllDurably(file, [oneZero], fileBytes - 1);
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
  where: Pick<SegmentHeader, 'firstPosition' | 'logBegins'>,
  minBytes: number,
): Promise<Segment> {
  const { file } = spare;
  const tag = randomInt(1, 2 ** 32);
  const fileBytes = Math.max(spare.fileBytes, minBytes);
  if (fileBytes > spare.fileBytes) await writeAllDurably(file, [oneZero], fileBytes - 1);
  await writeAllDurably(file, [encodeHeader({ tag, fileBytes, ...where })], 0);
  await files.rename(join(folder, spareName), join(folder, segmentName(where.firstPosition)));
  await files.syncFolder(folder);
  return { file, tag, fileBytes, end: headerBytes, filledTo: headerBytes };
}
