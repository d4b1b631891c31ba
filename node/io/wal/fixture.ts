/** For tests: a disk in memory that fails and crashes on demand, and folders of real files. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { WalFile, WalFiles, WalReadFile } from './files.ts';
import { afterCrash, failSync, type Inode, syncInode, writeInode } from './inode-fixture.ts';
import type { Wal } from './wal.ts';

/** Something that was asked of the disk and changes it. */
export interface Operation {
  readonly index: number;
  readonly kind: 'create' | 'write' | 'sync' | 'rename' | 'remove' | 'sync-folder';
  readonly name: string;
}

/** A number in [0, 1). */
export type Draw = () => number;

type Names = ReadonlyMap<string, Inode>;

/** One folder. What is written can be read at once, and outlives a crash only once it is synced. */
export class MemoryDisk implements WalFiles {
  readonly operations: Operation[] = [];
  /** Called before an operation; may throw the error of a failing disk, or never return. */
  before: (operation: Operation) => Promise<void> | void = () => {};
  /** Called after an operation has done its work, before it returns. */
  after: (operation: Operation) => Promise<void> | void = () => {};
  /** Called before a file is opened to be read only, and before each read of it, with its name; may throw. */
  beforeRead: (name: string) => Promise<void> | void = () => {};
  /** The most bytes that one write takes. */
  maxWriteBytes = Number.POSITIVE_INFINITY;

  /** Every state of the folder since its last sync, which is the first one. */
  #history: Names[];
  /** What was removed since then. */
  #removed: [name: string, inode: Inode][] = [];

  constructor(names: Names = new Map()) {
    this.#history = [names];
  }

  get #names(): Names {
    return this.#history.at(-1) as Names;
  }

  get fileNames(): string[] {
    return [...this.#names.keys()].sort();
  }

  count(kind: Operation['kind'], name?: string): number {
    return this.operations.filter((operation) => operation.kind === kind && (name ?? operation.name) === operation.name)
      .length;
  }

  /** The disk as the next process finds it after this one was killed: all that was written is there, synced or not. */
  afterKill(): MemoryDisk {
    const next = new MemoryDisk();
    next.#history = [...this.#history];
    next.#removed = [...this.#removed];
    return next;
  }

  /**
   * The disk as the next process finds it after the power went, with this share of what was not synced. Of the removals any
   * may be undone, in whatever order they came.
   */
  crash(survivalRate = 0, draw: Draw = () => 0): MemoryDisk {
    const names = new Map(this.#history[Math.round(survivalRate * (this.#history.length - 1))]);
    const survives = () => draw() < survivalRate;
    for (const [name, inode] of this.#removed) {
      if (survives()) names.delete(name);
      else if (!names.has(name)) names.set(name, inode);
    }
    return new MemoryDisk(new Map([...names].map(([name, inode]) => [name, afterCrash(inode, survives)])));
  }

  async #do<T>(kind: Operation['kind'], path: string, work: () => T): Promise<T> {
    const operation = { index: this.operations.length, kind, name: basename(path) };
    this.operations.push(operation);
    await this.before(operation);
    const result = work();
    await this.after(operation);
    return result;
  }

  #inodeOf(path: string): Inode {
    const inode = this.#names.get(basename(path));
    if (inode === undefined) throw Object.assign(new Error(`ENOENT: ${path}`), { code: 'ENOENT' });
    return inode;
  }

  #rename(change: (names: Map<string, Inode>) => void): void {
    const names = new Map(this.#names);
    change(names);
    this.#history.push(names);
  }

  async makeFolder(): Promise<void> {}

  async lock(): Promise<() => Promise<void>> {
    return async () => {};
  }

  async list(): Promise<string[]> {
    return this.fileNames;
  }

  async open(path: string): Promise<WalFile> {
    return this.#fileOf(this.#inodeOf(path));
  }

  async openToRead(path: string): Promise<WalReadFile> {
    const name = basename(path);
    await this.beforeRead(name);
    const file = await this.open(path);
    return {
      read: async (into, at) => {
        await this.beforeRead(name);
        return file.read(into, at);
      },
      close: () => file.close(),
    };
  }

  create(path: string): Promise<WalFile> {
    return this.#do('create', path, () => {
      const inode: Inode = { bytes: Buffer.alloc(0), synced: Buffer.alloc(0), forgotten: new Set() };
      this.#rename((names) => names.set(basename(path), inode));
      return this.#fileOf(inode);
    });
  }

  rename(from: string, to: string): Promise<void> {
    return this.#do('rename', from, () =>
      this.#rename((names) => {
        names.set(basename(to), names.get(basename(from)) as Inode);
        names.delete(basename(from));
      }),
    );
  }

  remove(path: string): Promise<void> {
    return this.#do('remove', path, () => {
      this.#removed.push([basename(path), this.#inodeOf(path)]);
      this.#rename((names) => names.delete(basename(path)));
    });
  }

  syncFolder(folder: string): Promise<void> {
    return this.#do('sync-folder', folder, () => {
      this.#history = [this.#names];
      this.#removed = [];
    });
  }

  #fileOf(inode: Inode): WalFile {
    const path = () => [...this.#names].find(([, other]) => other === inode)?.[0] ?? 'without a name';
    const file: WalFile = {
      bytes: async () => inode.bytes.length,
      read: async (into, at) => inode.bytes.copy(into, 0, at),
      write: (pieces, at) =>
        this.#do('write', path(), () => writeInode(inode, Buffer.concat(pieces).subarray(0, this.maxWriteBytes), at)),
      // The kernel does the two one after the other as well, and the power may go in between.
      writeDurably: async (pieces, at) => {
        const count = await file.write(pieces, at);
        await file.sync();
        return count;
      },
      sync: () =>
        this.#do('sync', path(), () => syncInode(inode)).catch((error: unknown) => {
          failSync(inode);
          throw error;
        }),
      close: async () => {},
    };
    return file;
  }
}

/** Folders that are gone after the test. */
export class Folders {
  readonly root = mkdtempSync(join(tmpdir(), 'splitbrain-wal-'));
  #count = 0;

  fresh(): string {
    this.#count += 1;
    return join(this.root, `log-${this.#count}`);
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** Resolves once all up to `position` is durable; rejects when the log fails. */
export function durable(wal: Wal, position: number): Promise<void> {
  return new Promise((resolve, reject) => {
    wal.onDurable = (to) => {
      if (to >= position) resolve();
    };
    wal.onFailure = reject;
  });
}

export async function appendAll(wal: Wal, texts: readonly string[]): Promise<void> {
  let last = 0;
  for (const text of texts) last = wal.append(Buffer.from(text));
  await durable(wal, last);
}

export function textsOf(records: readonly Uint8Array[]): string[] {
  return records.map((record) => Buffer.from(record).toString());
}
