/**
 * How a replica loses its disk from outside: whoever may write to its data folder while it does not run leaves a mark there,
 * and the replica empties the folder when it starts the next time. In a container that is stopped nothing else can.
 *
 * What it forgot by that it may have promised to others. So another mark stays: whoever finds nothing beside it has lost a
 * disk, and is no replica that never lived. Whoever empties a folder by hand is to leave one mark or the other in it.
 */
import { lstat, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { nodeFiles, type WalFiles } from './wal/files.ts';

/** The name of the mark, a file in the data folder. What is in it does not matter. */
export const wipeMark = 'wipe-at-start';

/** The name of the mark that an emptied data folder keeps. */
export const lostMark = 'disk-lost';

/** Whether the data folder was emptied at some time. */
export function wasEmptied(folder: string): Promise<boolean> {
  return isThere(join(folder, lostMark));
}

/**
 * Empties a data folder that is marked. Links in it are removed, and what they lead to stays. The mark goes last, and not
 * before the rest is gone durably: where that is broken off, the next start begins it anew. It goes by becoming the mark that
 * stays, so that there is never none.
 *
 * @param files - locks, lists, renames the mark and syncs; the real file system but in tests
 * @returns whether it was marked, and so is empty now but for the mark that stays
 * @throws Error where another process has the folder; the errors of the file system as they are
 */
export async function emptyWhereMarked(
  folder: string,
  files: Pick<WalFiles, 'lock' | 'list' | 'rename' | 'syncFolder'> = nodeFiles,
): Promise<boolean> {
  const mark = join(folder, wipeMark);
  if (!(await isThere(mark))) return false;
  // Listed before it is locked: locks of the dead are to go as well, and that of this process is not among them.
  const names = await files.list(folder);
  const unlock = await files.lock(folder);
  try {
    for (const name of names) {
      if (name !== wipeMark) await rm(join(folder, name), { recursive: true, force: true });
    }
    await files.syncFolder(folder);
    await files.rename(mark, join(folder, lostMark));
    await files.syncFolder(folder);
  } finally {
    await unlock();
  }
  return true;
}

async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
