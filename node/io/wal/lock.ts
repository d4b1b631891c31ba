/**
 * One process a folder. The lock is an empty file whose name tells who made it: its process id, and which incarnation of
 * that id it is, because in a container every incarnation of a replica has the same process id.
 *
 * A process first makes its own lock, then looks for others. Of two that start at once at least one sees the other, so
 * never do both go on (and both may be refused). A lock of a dead process is removed by the next one.
 */
import { readdir, readFile, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const lockName = /^lock-([1-9]\d{0,9})-([\da-z.]+)$/;
const unknown = 'unknown';

/**
 * Tells a process from a later one with the same id: the boot of the machine, and when in it the process began (field 22
 * of proc_pid_stat(5)). `unknown` where the system does not tell.
 */
async function incarnationOf(pid: number): Promise<string> {
  try {
    const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8');
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    // The second field is the program's name in brackets, which may hold anything.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return `${boot.slice(0, 8)}.${fields[19] ?? ''}`;
  } catch {
    return unknown;
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

async function isAlive(pid: number, incarnation: string): Promise<boolean> {
  if (!isRunning(pid)) return false;
  const now = await incarnationOf(pid);
  return incarnation === unknown || now === unknown || incarnation === now;
}

async function removeIfThere(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

function refusal(folder: string, pid: number, path: string): Error {
  return new Error(
    `${folder} is in use by process ${pid}: two replicas must never write one log. Stop that process; if it is no ` +
      `replica, delete ${path}.`,
  );
}

/** Locks the folder. Returns the way to unlock it; rejects with a sentence where another process has it. */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const own = `lock-${process.pid}-${await incarnationOf(process.pid)}`;
  const path = join(folder, own);
  try {
    await writeFile(path, '', { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw refusal(folder, process.pid, path);
  }
  const unlock = () => removeIfThere(path);
  try {
    for (const name of await readdir(folder)) {
      const [, pid, incarnation] = lockName.exec(name) ?? [];
      if (pid === undefined || incarnation === undefined || name === own) continue;
      const other = join(folder, name);
      if (await isAlive(Number(pid), incarnation)) throw refusal(folder, Number(pid), other);
      await removeIfThere(other);
    }
  } catch (error) {
    await unlock();
    throw error;
  }
  return unlock;
}
