/** For tests of crashes: images of a log's folder, and what a power cut may leave of a commit. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { eventually } from '../../fixture.ts';
import type { Draw } from '../../wal/fixture.ts';
import type { OpenedLog } from '../engine.ts';
import { sqliteStore } from '../sqlite.ts';
import { openLog } from './fixture.ts';
import { openStoredLog } from './open.ts';
import { besideSectorEdge, drawnOrAll, offsetsIn, sectorBytes, seededDraw } from './sample-fixture.ts';
import { SqliteThread } from './sqlite-thread.ts';

/** The files of a folder, by their paths in it. */
export type Image = ReadonlyMap<string, Buffer>;

export const markName = 'durable.mark';
/** Who has the folder, and who reads LMDB: nothing of a log. */
export const isLock = (path: string): boolean => /(^lock-|-lock$)/.test(path);

export function imageOf(folder: string): Image {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => !isLock(name));
  const files = names.filter((name) => statSync(join(folder, name)).isFile());
  return new Map(files.map((name) => [name, readFileSync(join(folder, name))]));
}

/** Waits until nothing is in flight: the mark is written after a commit is acknowledged. */
export async function atRest(folder: string, position: number): Promise<void> {
  const path = join(folder, markName);
  const marked = () => Number(readFileSync(path, 'utf8').split(' ')[1]);
  if (existsSync(path)) await eventually(async () => marked() === position, `the mark is at ${position}`);
}

/** A folder for images: in memory where there is such a place, for nothing of them must outlive a crash. */
export function folderForImages(): string {
  return mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'splitbrain-images-'));
}

export function writeImage(image: Image, folder: string): void {
  for (const [name, bytes] of image) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), bytes);
  }
}

function changed(before: Buffer, after: Buffer): [number, number] {
  let from = 0;
  while (from < before.length && before[from] === after[from]) from += 1;
  let to = after.length;
  while (to > from && (before[to - 1] ?? 0) === after[to - 1]) to -= 1;
  return [from, to];
}

/** Before it is synced a file that was appended to has any of the new sectors. */
function* anySectors(before: Buffer, after: Buffer, draw: Draw): Generator<Buffer> {
  for (let index = 0; index < 20; index += 1) {
    const mixed = Buffer.alloc(after.length);
    before.copy(mixed);
    for (let at = 0; at < after.length; at += sectorBytes)
      if (draw() < 0.7) after.copy(mixed, at, at, at + sectorBytes);
    yield mixed;
  }
}

/** Of SQLite's log: a head, and frames of a page each behind a head of their own. */
const sqlite = { headBytes: 32, frameHeadBytes: 24, pageBytes: 4096 };

function besideFrameEdge(at: number): boolean {
  const inFrame = (at - sqlite.headBytes) % (sqlite.frameHeadBytes + sqlite.pageBytes);
  return inFrame < 2 || (inFrame >= sqlite.frameHeadBytes - 1 && inFrame < sqlite.frameHeadBytes + 2);
}

/** A file that was appended to: the new bytes up to any of them; what follows is missing or, now and then, zeros. */
function* tornAppend(before: Buffer, after: Buffer, always: (at: number) => boolean, draw: Draw): Generator<Buffer> {
  const [from, to] = changed(before, after);
  const sample = { drawn: drawnOrAll(60), nearEnds: 20, always };
  for (const [index, end] of offsetsIn(from, to + 1, sample, draw).entries()) {
    const torn = Buffer.concat([after.subarray(0, end), before.subarray(end)]);
    yield torn;
    if (torn.length < after.length && index % 3 === 0)
      yield Buffer.concat([torn, Buffer.alloc(after.length - torn.length)]);
  }
  yield* anySectors(before, after, draw);
}

const pageBytes = 4096;
const metaBytes = 2 * pageBytes;

/**
 * The file of LMDB before the new meta page is written, which has any of the changed pages, and any beginning of them all;
 * and then any beginning of what is new in the meta page.
 */
function* tornPages(before: Buffer, after: Buffer, draw: Draw): Generator<Buffer> {
  const old = Buffer.alloc(Math.max(before.length, after.length));
  before.copy(old);
  const pages = Array.from({ length: after.length / pageBytes }, (_, page) => page * pageBytes).filter(
    (at) => at >= metaBytes && after.compare(old, at, at + pageBytes, at, at + pageBytes) !== 0,
  );
  const put = (torn: Buffer, at: number, length = pageBytes) => after.copy(torn, at, at, at + length);
  for (let subset = 0; subset < 2 ** pages.length; subset += 1) {
    const torn = Buffer.from(old);
    for (const [index, at] of pages.entries()) if ((subset >> index) % 2 === 1) put(torn, at);
    yield torn;
  }
  const sample = { drawn: drawnOrAll(60), nearEnds: 20, always: besideSectorEdge };
  for (const end of offsetsIn(0, pages.length * pageBytes, sample, draw)) {
    const torn = Buffer.from(old);
    for (const [index, at] of pages.entries()) put(torn, at, Math.max(0, Math.min(pageBytes, end - index * pageBytes)));
    yield torn;
  }
  const [from, to] = changed(before.subarray(0, metaBytes), after.subarray(0, metaBytes));
  for (let end = from; end < to; end += 1) {
    const torn = Buffer.from(after);
    old.copy(torn, end, end, metaBytes);
    yield torn;
  }
}

/**
 * Every image that a power cut may leave of one commit, the first and the last of which have nothing and all of it: before
 * its sync, while that is under way, and after it. The mark is written after all else.
 */
export function* tornImages(before: Image, after: Image): Generator<Image> {
  yield before;
  const names = [...after.keys()].filter(
    (name) => name !== markName && !after.get(name)?.equals(before.get(name) ?? Buffer.alloc(0)),
  );
  // A commit writes to one file, in all of the engines: else one would have to know in which order.
  if (names.length !== 1) throw new Error(`the commit has changed ${names.join(', ') || 'nothing'}`);
  const [name = ''] = names;
  const [old, now] = [before.get(name) ?? Buffer.alloc(0), after.get(name) as Buffer];
  const draw = seededDraw();
  const edge = name.endsWith('sqlite-wal') ? besideFrameEdge : besideSectorEdge;
  const torn = name.endsWith('.mdb') ? tornPages(old, now, draw) : tornAppend(old, now, edge, draw);
  for (const bytes of torn) yield new Map([...before, [name, bytes]]);
  yield new Map([...before, [name, now]]);
  yield after;
}

/** Opens many logs one after the other. Starting a thread takes longer than all else that SQLite does. */
export class ManyLogs {
  #thread: SqliteThread | undefined;
  #opened = 0;

  async open(engine: string, folder: string): Promise<OpenedLog> {
    if (engine !== 'sqlite') return openLog(engine, folder);
    this.#opened += 1;
    // Closed databases stay open until their statements are collected, or their thread ends.
    if (this.#opened % 100 === 0) await this.close();
    this.#thread ??= new SqliteThread();
    const thread = this.#thread;
    const kept = { ask: thread.ask.bind(thread), close: async () => {} };
    return openStoredLog(
      sqliteStore(() => kept),
      folder,
      {},
    );
  }

  async close(): Promise<void> {
    await this.#thread?.close();
    this.#thread = undefined;
  }
}
