import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { Folders, textsOf } from './fixture.ts';
import { openWal } from './wal.ts';

const folders = new Folders();
const children: ChildProcess[] = [];
afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  folders.remove();
});

const options = { segmentBytes: 64 * 1024 };
const locksIn = (folder: string): string[] => readdirSync(folder).filter((name) => name.startsWith('lock-'));

/** A process that appends numbers, and prints each once it is durable. */
function writerIn(folder: string): ChildProcess {
  const program = `
    import { openWal } from ${JSON.stringify(join(import.meta.dirname, 'wal.ts'))};
    const { wal, recovered } = await openWal(${JSON.stringify(folder)}, ${JSON.stringify(options)});
    const append = () => wal.append(Buffer.from(String(position += 1)));
    let position = recovered.length;
    wal.onDurable = (to) => { process.stdout.write(to + '\\n'); for (let i = 0; i < 5; i += 1) append(); };
    append();`;
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program], {
    cwd: import.meta.dirname,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  return child;
}

describe('the lock of a folder', () => {
  test('keeps a second log out until the first is closed', async () => {
    const folder = folders.fresh();
    const { wal } = await openWal(folder, options);
    await expect(openWal(folder, options)).rejects.toThrow(`${folder} is in use by process ${process.pid}`);
    await wal.close();
    expect(locksIn(folder)).toEqual([]);
    await (await openWal(folder, options)).wal.close();
  });

  test('keeps other processes out, and is taken over once its process was killed, with all that it was told', async () => {
    const folder = folders.fresh();
    const child = writerIn(folder);
    let told = 0;
    await new Promise<void>((resolve) => {
      child.stdout?.on('data', (text: Buffer) => {
        told = Number(text.toString().trim().split('\n').at(-1));
        if (told > 3000) resolve();
      });
    });
    await expect(openWal(folder, options)).rejects.toThrow(`is in use by process ${child.pid}`);
    child.kill('SIGKILL');
    await once(child, 'close');
    const { wal, recovered } = await openWal(folder, options);
    expect(recovered.length).toBeGreaterThanOrEqual(told);
    expect(textsOf(recovered)).toEqual(recovered.map((_, index) => String(index + 1)));
    expect(locksIn(folder)).toHaveLength(1);
    await wal.close();
  });

  test.skipIf(process.platform !== 'linux').each([
    ['a former process with the id of this one, as in a restarted container', process.pid],
    ['a former process whose id another one has now', process.ppid],
  ])('of %s is taken over', async (_what, pid) => {
    const folder = folders.fresh();
    mkdirSync(folder);
    writeFileSync(join(folder, `lock-${pid}-0a1b2c3d.1`), '');
    const { wal } = await openWal(folder, options);
    expect(locksIn(folder)).toEqual([expect.stringMatching(new RegExp(`^lock-${process.pid}-`))]);
    await wal.close();
  });

  test('of a live process of which nothing else is known is respected, and the way out is named', async () => {
    const folder = folders.fresh();
    mkdirSync(folder);
    const path = join(folder, `lock-${process.ppid}-unknown`);
    writeFileSync(path, '');
    await expect(openWal(folder, options)).rejects.toThrow(`if it is no replica, delete ${path}`);
    expect(locksIn(folder)).toHaveLength(1);
  });

  test('is let go of where the log cannot be opened', async () => {
    const folder = folders.fresh();
    mkdirSync(folder);
    writeFileSync(join(folder, '0000000000000001.wal'), 'garbage');
    await expect(openWal(folder, options)).rejects.toThrow('is shorter than its header');
    expect(locksIn(folder)).toEqual([]);
  });
});
