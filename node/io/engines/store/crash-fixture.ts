/** For tests of crashes: images of a log's folder, and what a power cut may leave of a commit. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { eventually } from '../../fixture.ts';
import type { OpenedLog } from '../engine.ts';
import { openSqlite } from '../sqlite.ts';
import { openLog } from './fixture.ts';
import { openStoredLog } from './open.ts';
import { SqliteThread } from './sqlite-thread.ts';

/** The files of a folder, by their paths in it. */
export type Image = ReadonlyMap<string, Buffer>;

const mark = 'durable.mark';
/** Who has the folder, and who reads LMDB: nothing of a log. */
const locks = /(^lock-|-lock$)/;

export function imageOf(folder: string): Image {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => !locks.test(name));
  const files = names.filter((name) => statSync(join(folder, name)).isFile());
  return new Map(files.map((name) => [name, readFileSync(join(folder, name))]));
}

/** Waits until nothing is in flight: the mark is written after a commit is acknowledged. */
export async function atRest(folder: string, position: number): Promise<void> {
  const path = join(folder, mark);
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

/** All offsets of a short stretch; of a longer one those near its ends, and others evenly in between. */
export function offsetsIn(from: number, to: number, most: number): number[] {
  const all = Array.from({ length: to - from }, (_, index) => from + index);
  const step = Math.ceil(all.length / most);
  return all.filter((_, index) => index < 20 || index >= all.length - 20 || index % step === 0);
}

function changed(before: Buffer, after: Buffer): [number, number] {
  let from = 0;
  while (from < before.length && before[from] === after[from]) from += 1;
  let to = after.length;
  while (to > from && (before[to - 1] ?? 0) === after[to - 1]) to -= 1;
  return [from, to];
}

/** A file that was appended to: the new bytes up to any of them; what follows is missing or, now and then, zeros. */
function* tornAppend(before: Buffer, after: Buffer, most: number): Generator<Buffer> {
  const [from, to] = changed(before, after);
  for (const [index, end] of offsetsIn(from, to + 1, most).entries()) {
    const torn = Buffer.concat([after.subarray(0, end), before.subarray(end)]);
    yield torn;
    if (torn.length < after.length && index % 3 === 0)
      yield Buffer.concat([torn, Buffer.alloc(after.length - torn.length)]);
  }
}

const pageBytes = 4096;
const metaPages = 2;

/** The file of LMDB before the new meta page is written: any of the changed pages, and any beginning of them all. */
function* tornPages(before: Buffer, after: Buffer, most: number): Generator<Buffer> {
  const old = Buffer.alloc(Math.max(before.length, after.length));
  before.copy(old);
  const pages = Array.from({ length: after.length / pageBytes }, (_, page) => page * pageBytes).filter(
    (at) => at >= metaPages * pageBytes && after.compare(old, at, at + pageBytes, at, at + pageBytes) !== 0,
  );
  const put = (torn: Buffer, at: number, length = pageBytes) => after.copy(torn, at, at, at + length);
  for (let subset = 0; subset < 2 ** pages.length; subset += 1) {
    const torn = Buffer.from(old);
    for (const [index, at] of pages.entries()) if ((subset >> index) % 2 === 1) put(torn, at);
    yield torn;
  }
  for (const end of offsetsIn(0, pages.length * pageBytes, most)) {
    const torn = Buffer.from(before);
    const grown = Buffer.concat([torn, Buffer.alloc(old.length - torn.length)]);
    for (const [index, at] of pages.entries())
      put(grown, at, Math.max(0, Math.min(pageBytes, end - index * pageBytes)));
    yield grown;
  }
}

/**
 * Every image that a power cut may leave of one commit, the first and the last of which have nothing and all of it. The
 * mark is written after all else.
 *
 * @param most - about how many places a file is torn at
 */
export function* tornImages(before: Image, after: Image, most: number): Generator<Image> {
  yield before;
  const names = [...after.keys()].filter(
    (name) => name !== mark && !after.get(name)?.equals(before.get(name) ?? Buffer.alloc(0)),
  );
  // A commit writes to one file, in all of the engines: else one would have to know in which order.
  if (names.length !== 1) throw new Error(`the commit has changed ${names.join(', ') || 'nothing'}`);
  const [name = ''] = names;
  const [old, now] = [before.get(name) ?? Buffer.alloc(0), after.get(name) as Buffer];
  const torn = name.endsWith('.mdb') ? tornPages(old, now, most) : tornAppend(old, now, most);
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
    return openStoredLog(engine, folder, {}, (path) => openSqlite(path, () => kept));
  }

  async close(): Promise<void> {
    await this.#thread?.close();
    this.#thread = undefined;
  }
}
