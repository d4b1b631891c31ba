/**
 * Snapshots as files in a folder, one each (`format.ts`). A save, a transfer in and the reads go on side by side, each with
 * one operation of a file at a time: of the four threads that the event loop has for files, one is always left for the log.
 */
import { join } from 'node:path';
import type { Snapshots } from '../../ports.ts';
import { nodeFiles, type WalFiles } from '../wal/files.ts';
import { indexInName } from './draft.ts';
import { SnapshotFile } from './snapshot-file.ts';
import { SnapshotFolder, temporaryNames } from './snapshot-folder.ts';

/**
 * What `Snapshots` promises, with records as their encoded pieces.
 *
 * All that is called back is called in a later turn; `onFailure` once, with the first error, and nothing after it. An error
 * is a SnapshotDamaged where a snapshot is not there as it was written, a RangeError where a read asks for what there never
 * was, what `pieces` has thrown, or that of the file system as it is. After a failure or a `close` all calls go nowhere.
 * Where pieces are not received in order, or two are saved at once, the call throws an InvariantViolation.
 *
 * - `save` asks for pieces until it has a few hundred kilobytes, and goes on when those are durable. It calls the iterator's
 *   `return` where it gives up before the end.
 * - `receive` never waits: its caller must not let more pieces queue up than memory has room for. They must not be changed.
 * - `read` gives 1 MiB at most, and is checked. One that has begun at offset 0 may go on to the end of that snapshot though
 *   it is removed or replaced meanwhile; not for ever, but until another one is removed or replaced after it.
 */
export interface StoredSnapshots extends Snapshots<readonly Uint8Array[]> {
  /**
   * Waits for what was asked for, gives up what is saved or received and not complete, and lets go of the folder. May be
   * called again.
   */
  close(): Promise<void>;
}

export interface OpenedSnapshots {
  readonly snapshots: StoredSnapshots;
  /** The one with the highest index, with its record as it was encoded and its length in bytes. Undefined where there is none. */
  readonly newest: { readonly index: number; readonly record: Uint8Array; readonly bytes: number } | undefined;
}

export interface SnapshotOptions {
  /** Where the snapshots are kept; the real file system where absent. */
  readonly files?: WalFiles;
}

/** Removes what a former life has left half-made; returns the indexes of the snapshots, in order. Other files stay. */
async function clearUp(files: WalFiles, folder: string): Promise<number[]> {
  const names = await files.list(folder);
  for (const name of temporaryNames) if (names.includes(name)) await files.remove(join(folder, name));
  // The name of the newest may not be durable, if the process ended before it had synced the folder.
  await files.syncFolder(folder);
  return names
    .map(indexInName)
    .filter((index) => index !== null)
    .sort((a, b) => a - b);
}

async function readNewest(
  files: WalFiles,
  folder: string,
  indexes: readonly number[],
): Promise<OpenedSnapshots['newest']> {
  const index = indexes.at(-1);
  if (index === undefined) return undefined;
  const snapshot = await SnapshotFile.open(files, folder, index);
  await snapshot.close();
  return { index, record: snapshot.record, bytes: snapshot.bytes };
}

/**
 * Opens the snapshots in a folder of their own, which is made where it is absent. Of the newest one all but the payload is
 * checked. Two processes in one folder are refused.
 *
 * @throws SnapshotDamaged where the newest is not there as it was written; the errors of the file system as they are
 */
export async function openSnapshots(folder: string, options: SnapshotOptions = {}): Promise<OpenedSnapshots> {
  const { files = nodeFiles } = options;
  await files.makeFolder(folder);
  const unlock = await files.lock(folder);
  try {
    const indexes = await clearUp(files, folder);
    const newest = await readNewest(files, folder, indexes);
    return { snapshots: new SnapshotFolder({ files, folder, unlock }, indexes), newest };
  } catch (error) {
    await unlock();
    throw error;
  }
}
