/** What the log needs of a file system. Tests put one in its place that fails, tears and loses as disks do. */
import * as fs from 'node:fs';
import { mkdir, open, readdir, rename, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { lockFolder } from './lock.ts';

/** Every promise is rejected with the error of the operating system. */
export interface WalFile {
  bytes(): Promise<number>;
  /** Reads until `into` is full or the file ends; returns how many bytes that were. */
  read(into: Uint8Array, at: number): Promise<number>;
  /** Writes the pieces one after the other, from offset `at` on; returns how many bytes were taken, maybe not all. */
  write(pieces: readonly Uint8Array[], at: number): Promise<number>;
  /** As `write`; what was taken is durable when it returns. */
  writeDurably(pieces: readonly Uint8Array[], at: number): Promise<number>;
  /** Makes the bytes of the file, and its length, durable: fdatasync(2). */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** A file that nothing is written to. */
export type WalReadFile = Pick<WalFile, 'read' | 'close'>;

export interface WalFiles {
  /** Makes the folder where it is absent, durably. */
  makeFolder(folder: string): Promise<void>;
  /** Keeps other processes away from the folder; rejects where one has it. Returns the way to let go. */
  lock(folder: string): Promise<() => Promise<void>>;
  list(folder: string): Promise<readonly string[]>;
  /** Opens a file that exists, to read and write. */
  open(path: string): Promise<WalFile>;
  /** Opens a file that exists, to read only. */
  openToRead(path: string): Promise<WalReadFile>;
  /** Makes an empty file; rejects where it exists. */
  create(path: string): Promise<WalFile>;
  rename(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  /** Makes the names in a folder durable: fsync(2) says that syncing a file does not sync its name. */
  syncFolder(folder: string): Promise<void>;
}

/**
 * Where Linux is told so when a file is opened, each write is on the disk when it returns, as if fdatasync(2) had followed
 * (open(2), O_DSYNC): one visit to another thread in place of two. Elsewhere the flag promises less than a sync does.
 */
const durableWrites = process.platform === 'linux';

/** Over callbacks: half the overhead of a FileHandle for each write and sync, measured in microseconds. */
class NodeFile implements WalFile {
  readonly #fd: number;

  constructor(fd: number) {
    this.#fd = fd;
  }

  bytes(): Promise<number> {
    return new Promise((resolve, reject) => {
      fs.fstat(this.#fd, (error, stats) => (error === null ? resolve(stats.size) : reject(error)));
    });
  }

  async read(into: Uint8Array, at: number): Promise<number> {
    let done = 0;
    while (done < into.length) {
      const count = await this.#readSome(into, done, at + done);
      if (count === 0) break;
      done += count;
    }
    return done;
  }

  #readSome(into: Uint8Array, offset: number, at: number): Promise<number> {
    // One read takes at most 2 GiB.
    const length = Math.min(into.length - offset, 2 ** 30);
    return new Promise((resolve, reject) => {
      fs.read(this.#fd, into, offset, length, at, (error, count) => (error === null ? resolve(count) : reject(error)));
    });
  }

  write(pieces: readonly Uint8Array[], at: number): Promise<number> {
    return new Promise((resolve, reject) => {
      fs.writev(this.#fd, [...pieces], at, (error, count) => (error === null ? resolve(count) : reject(error)));
    });
  }

  async writeDurably(pieces: readonly Uint8Array[], at: number): Promise<number> {
    const count = await this.write(pieces, at);
    if (!durableWrites) await this.sync();
    return count;
  }

  sync(): Promise<void> {
    return new Promise((resolve, reject) => {
      fs.fdatasync(this.#fd, (error) => (error === null ? resolve() : reject(error)));
    });
  }

  close(): Promise<void> {
    return new Promise((resolve, reject) => {
      fs.close(this.#fd, (error) => (error === null || error === undefined ? resolve() : reject(error)));
    });
  }
}

function openAs(path: string, flags: number): Promise<WalFile> {
  return new Promise((resolve, reject) => {
    fs.open(path, flags, 0o640, (error, fd) => (error === null ? resolve(new NodeFile(fd)) : reject(error)));
  });
}

const { O_CREAT, O_DSYNC, O_EXCL, O_RDONLY, O_RDWR } = fs.constants;
const readAndWrite = O_RDWR | (durableWrites ? O_DSYNC : 0);

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function makeFolder(folder: string): Promise<void> {
  const made = await mkdir(folder, { recursive: true });
  if (made === undefined) return;
  // Each new folder is a name in its parent.
  for (let at = folder; ; at = dirname(at)) {
    await syncFolder(dirname(at));
    if (at === made) return;
  }
}

/** The real one. */
export const nodeFiles: WalFiles = {
  makeFolder,
  lock: lockFolder,
  list: (folder) => readdir(folder),
  open: (path) => openAs(path, readAndWrite),
  openToRead: (path) => openAs(path, O_RDONLY),
  create: (path) => openAs(path, readAndWrite | O_CREAT | O_EXCL),
  rename,
  remove: unlink,
  syncFolder,
};
