/**
 * A small file beside a store that says which engine the folder belongs to, and up to which position at least all was once
 * durable.
 *
 * A store that finds the end of its own journal damaged takes it for a torn write, as it must after a crash, and gives up in
 * silence what follows: LevelDB the rest of a block of its log, SQLite the rest of its write-ahead log. A log that ends before
 * the mark has lost records that were acknowledged.
 *
 * Before there is a store the mark says that one is being made, until all of it is synced: an engine may need several files
 * for it, which a power cut can leave torn or without their names, and that is no damage. What was begun is then thrown away.
 *
 * The mark is written after the commit, and synced only when the log is closed: after a power cut it may be older than the
 * store (some seconds, at most, of page cache), and is never newer. It takes one sector, which is written whole or not at all.
 */
import { type FileHandle, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { SettingsError } from '../../settings.ts';
import { damageIn } from '../../wal/damage.ts';
import { nodeFiles } from '../../wal/files.ts';
import { positionInName } from '../../wal/segment.ts';
import type { StoreKind } from './record-store.ts';

const fileName = 'durable.mark';
/** In the place of a position, and as long: the store is being made, and nobody was told of anything in it. */
const unfinished = 'unfinished------';
const line = /^([a-z0-9-]+ (?:\d{16}|unfinished------)) ([0-9a-f]{8})\n$/;

interface Mark {
  readonly engine: string;
  readonly position: number | typeof unfinished;
}

function encode({ engine, position }: Mark): Buffer {
  const text = `${engine} ${String(position).padStart(16, '0')}`;
  return Buffer.from(`${text} ${crc32(text).toString(16).padStart(8, '0')}\n`);
}

/** Undefined for an empty file: the power went before there was a store. */
function decode(folder: string, text: string): Mark | undefined {
  if (text === '') return undefined;
  const [, marked, crc] = line.exec(text) ?? [];
  if (marked === undefined || Number.parseInt(crc ?? '', 16) !== crc32(marked)) {
    throw damageIn(folder, `${join(folder, fileName)} is not as it was written`);
  }
  const [engine = '', position] = marked.split(' ');
  return { engine, position: position === unfinished ? unfinished : Number(position) };
}

/** The file, which is made where it is absent. */
async function openFile(folder: string): Promise<FileHandle> {
  const path = join(folder, fileName);
  try {
    return await open(path, 'r+');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return open(path, 'wx+', 0o640);
  }
}

function belongsTo(folder: string, owner: string, engine: string): SettingsError {
  return new SettingsError(
    `${folder} holds a log of the storage engine "${owner}", and "${engine}" cannot read it. Choose "${owner}", or stop the ` +
      'replica, wipe its folder and let it rejoin without a vote until it has caught up.',
  );
}

/** @throws SettingsError where the folder holds the segments of a write-ahead log */
async function refuseSegments(folder: string, engine: string): Promise<void> {
  if ((await readdir(folder)).some((name) => positionInName(name) !== null)) throw belongsTo(folder, 'wal', engine);
}

/** @throws SettingsError where the folder, which may be absent, belongs to an engine with a mark */
export async function refuseMark(folder: string, engine: string): Promise<void> {
  const file = await open(join(folder, fileName), 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
  if (file === undefined) return;
  try {
    const mark = decode(folder, await file.readFile('utf8'));
    if (mark !== undefined) throw belongsTo(folder, mark.engine, engine);
  } finally {
    await file.close();
  }
}

export class DurableMark {
  onFailure: (error: Error) => void = () => {};
  readonly #file: FileHandle;
  readonly #engine: string;
  /** What is to be written, and what was written last. */
  #position: number;
  #written: number;
  #writing: Promise<void> = Promise.resolve();
  #isWriting = false;
  #isStoreUnfinished: boolean;

  private constructor(file: FileHandle, { engine, position }: Mark) {
    this.#file = file;
    this.#engine = engine;
    this.#isStoreUnfinished = position === unfinished;
    this.#position = position === unfinished ? 0 : position;
    this.#written = this.#position;
  }

  /**
   * Opens the mark of a folder, durably made where it is absent.
   *
   * @throws SettingsError where the folder belongs to another engine; WalDamaged where the mark is not what was written
   */
  static async open(folder: string, { name, files }: Pick<StoreKind, 'name' | 'files'>): Promise<DurableMark> {
    await refuseSegments(folder, name);
    const file = await openFile(folder);
    try {
      let mark = decode(folder, await file.readFile('utf8'));
      if (mark === undefined) {
        // A store that stands there without its mark was not made by the life that begins here: it is kept.
        const isStoreThere = (await readdir(folder)).some((found) => files.includes(found));
        mark = { engine: name, position: isStoreThere ? 0 : unfinished };
        await file.write(encode(mark), 0, null, 0);
        await file.sync();
        await nodeFiles.syncFolder(folder);
      }
      if (mark.engine !== name) throw belongsTo(folder, mark.engine, name);
      return new DurableMark(file, mark);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** The making of the store was begun, by this life or one before it, and was not finished. */
  get isStoreUnfinished(): boolean {
    return this.#isStoreUnfinished;
  }

  /** The store is made, and all of it is durable. */
  async finishStore(): Promise<void> {
    if (!this.#isStoreUnfinished) return;
    await this.#file.write(encode({ engine: this.#engine, position: 0 }), 0, null, 0);
    await this.#file.sync();
    this.#isStoreUnfinished = false;
  }

  /** All up to this position was once durable. */
  get position(): number {
    return this.#position;
  }

  /** All up to this position is durable. Never waits; of many positions in a short time the last one is written. */
  raise(position: number): void {
    this.#position = position;
    if (this.#isWriting) return;
    this.#isWriting = true;
    this.#writing = this.#write().catch((error: Error) => this.onFailure(error));
  }

  async close(): Promise<void> {
    await this.#writing;
    await this.#file.datasync().finally(() => this.#file.close());
  }

  async #write(): Promise<void> {
    try {
      while (this.#written < this.#position) {
        const position = this.#position;
        await this.#file.write(encode({ engine: this.#engine, position }), 0, null, 0);
        this.#written = position;
      }
    } finally {
      this.#isWriting = false;
    }
  }
}
