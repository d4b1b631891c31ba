/** For tests of damage: the files of logs that were closed, changed in some place and opened again. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect } from 'vitest';
import { WalDamaged } from './damage.ts';
import { appendAll, Folders, textsOf } from './fixture.ts';
import { decodeHeader, type Frame, frameAt, headerBytes, type SegmentHeader } from './format.ts';
import { segmentName } from './segment.ts';
import { openWal } from './wal.ts';

const folders = new Folders();
afterAll(() => folders.remove());

export const segmentBytes = 2 * headerBytes;
export type Files = ReadonlyMap<string, Buffer>;

/** A log that was closed, as its files are. Each inner list is one batch. */
export async function logOf(batches: readonly (readonly string[])[]): Promise<Files> {
  const folder = folders.fresh();
  const { wal } = await openWal(folder, { segmentBytes });
  for (const batch of batches) await appendAll(wal, batch);
  await wal.close();
  return new Map(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name))]));
}

export interface Found extends Frame {
  readonly at: number;
}

export function framesOf(segment: Buffer): Found[] {
  const { tag } = decodeHeader(segment) as SegmentHeader;
  const frames: Found[] = [];
  let at = headerBytes;
  for (let frame = frameAt(segment, at, tag); frame !== null; frame = frameAt(segment, at, tag)) {
    frames.push({ ...frame, at });
    at = frame.end;
  }
  return frames;
}

export function layOut(files: Files): string {
  const folder = folders.fresh();
  mkdirSync(folder);
  for (const [name, bytes] of files) writeFileSync(join(folder, name), bytes);
  return folder;
}

/** Opens a log with these files. Returns its records; where it is refused, sees to it that nothing was changed. */
export async function reopen(files: Files): Promise<string[] | string> {
  const folder = layOut(files);
  try {
    const { wal, recovered } = await openWal(folder, { segmentBytes });
    await wal.close();
    return textsOf(recovered);
  } catch (error) {
    if (!(error instanceof WalDamaged)) throw error;
    expect(error.message).toMatch('stop the replica, wipe its folder');
    for (const [name, bytes] of files) expect(readFileSync(join(folder, name)).equals(bytes)).toBe(true);
    expect(readdirSync(folder).sort()).toEqual([...files.keys()].sort());
    return error.message;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export const replaced = (files: Files, first: number, bytes: Buffer): Files =>
  new Map([...files, [segmentName(first), bytes]]);

/** The files with one segment changed in place. */
export function changed(files: Files, first: number, change: (bytes: Buffer) => unknown): Files {
  const bytes = Buffer.from(files.get(segmentName(first)) as Buffer);
  change(bytes);
  return replaced(files, first, bytes);
}

export const flipped = (files: Files, first: number, at: number): Files =>
  changed(files, first, (bytes) => {
    bytes[at] = (bytes[at] as number) ^ (1 << (at % 8));
  });
