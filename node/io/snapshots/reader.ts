/** Gives durable snapshots back, piece by piece, and removes them. */
import { join } from 'node:path';
import type { WalFiles } from '../wal/files.ts';
import { snapshotName } from './draft.ts';
import { type Piece, SnapshotFile } from './snapshot-file.ts';

/** How many snapshots are kept open: two transfers of different ones do not close each other's file each time. */
const maxHandles = 2;

interface Handle {
  readonly snapshot: SnapshotFile;
  /** Its name is removed, or that of another. Who has begun to read it may go on. */
  gone: boolean;
}

/** One call at a time. */
export class SnapshotReader {
  readonly #files: WalFiles;
  readonly #folder: string;
  /** Those that are durable. */
  readonly #indexes: Set<number>;
  /** The one that was used last comes last. No two are of one index. */
  #handles: Handle[] = [];

  constructor(files: WalFiles, folder: string, indexes: readonly number[]) {
    this.#files = files;
    this.#folder = folder;
    this.#indexes = new Set(indexes);
  }

  /**
   * See `SnapshotFile.read`. What is read from offset 0 on is the snapshot that has this index now; what follows is from the
   * same file, even if that was removed or replaced meanwhile.
   *
   * @throws RangeError where no snapshot up to this index is durable, and as `SnapshotFile.open` and `read` do
   */
  async read(index: number, offset: number, maxBytes: number): Promise<Piece> {
    const snapshot = await this.#open(index, offset === 0);
    return snapshot.read(offset, maxBytes);
  }

  /** A snapshot is durable under this index, maybe in the place of another. */
  async add(index: number): Promise<void> {
    if (this.#indexes.has(index)) await this.#leave((other) => other === index);
    this.#indexes.add(index);
  }

  /**
   * Removes what is before this index. After a crash some of it may be there again, for this is not made durable.
   *
   * @throws the errors of the file system as they are
   */
  async removeBefore(index: number): Promise<void> {
    const older = [...this.#indexes].filter((other) => other < index);
    if (older.length === 0) return;
    await this.#leave((other) => other < index);
    for (const other of older) {
      this.#indexes.delete(other);
      await this.#files.remove(join(this.#folder, snapshotName(other)));
    }
  }

  async close(): Promise<void> {
    for (const { snapshot } of this.#handles.splice(0)) await closeQuietly(snapshot);
  }

  async #open(index: number, fromStart: boolean): Promise<SnapshotFile> {
    const at = this.#handles.findIndex(({ snapshot }) => snapshot.index === index);
    const [known] = at === -1 ? [] : this.#handles.splice(at, 1);
    if (known !== undefined && !(known.gone && fromStart)) {
      this.#handles.push(known);
      return known.snapshot;
    }
    if (known !== undefined) await closeQuietly(known.snapshot);
    if (!this.#indexes.has(index)) {
      throw new RangeError(`there is no snapshot ${index} to read: those that are durable are ${this.#listed()}`);
    }
    const snapshot = await SnapshotFile.open(this.#files, this.#folder, index);
    this.#handles.push({ snapshot, gone: false });
    await this.#closeEldest();
    return snapshot;
  }

  #listed(): string {
    return this.#indexes.size === 0 ? 'none' : [...this.#indexes].sort((a, b) => a - b).join(', ');
  }

  /** Closes one that can be opened again, where there are too many. */
  async #closeEldest(): Promise<void> {
    const present = this.#handles.filter(({ gone }) => !gone);
    const [eldest] = present;
    if (eldest === undefined || present.length <= maxHandles) return;
    this.#handles = this.#handles.filter((handle) => handle !== eldest);
    await closeQuietly(eldest.snapshot);
  }

  /**
   * Lets those who read these snapshots go on, until the next ones are left in this way: an open file takes its space on
   * the disk for as long, and a reader that has given up does not say so.
   */
  async #leave(isLeft: (index: number) => boolean): Promise<void> {
    const closing = this.#handles.filter(({ gone }) => gone);
    this.#handles = this.#handles.filter(({ gone }) => !gone);
    for (const handle of this.#handles) handle.gone = isLeft(handle.snapshot.index);
    for (const { snapshot } of closing) await closeQuietly(snapshot);
  }
}

/** Nothing was written through it: an error of closing it says nothing. */
async function closeQuietly(snapshot: SnapshotFile): Promise<void> {
  await snapshot.close().catch(() => {});
}
