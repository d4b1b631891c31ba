/**
 * How a replica loses its disk from outside: whoever may write to its data folder while it does not run leaves a mark there,
 * and the replica empties the folder when it starts the next time. In a container that is stopped nothing else can.
 */
import { lstat, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { nodeFiles, type WalFiles } from './wal/files.ts';

/** The name of the mark, a file in the data folder. What is in it does not matter. */
export const wipeMark = 'wipe-at-start';

/**
 * Empties a data folder that is marked. Links in it are removed, and what they lead to stays. The mark goes last, and not
 * before the rest is gone durably: where that is broken off, the next start begins it anew.
 *
 * @param files - locks, lists, removes the mark and syncs; the real file system but in tests
 * @returns whether it was marked, and so is empty now
 * @throws Error where another process has the folder; the errors of the file system as they are
 */
export async function emptyWhereMarked(
  folder: string,
  files: Pick<WalFiles, 'lock' | 'list' | 'remove' | 'syncFolder'> = nodeFiles,
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
    await files.remove(mark);
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
