import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { describe, expect, test } from 'vitest';
import { type Owner, parseOwner, processLives, thisProcess } from './owner.ts';

const own = thisProcess();
const hasProc = existsSync('/proc/self/stat');

describe('the owner of a lab', () => {
  test.each<Owner>([
    own,
    thisProcess('0123456789ab'),
    { host: 'a-host.example', pidNamespace: null, pid: 17, startedAt: null, container: null },
  ])('comes back from the text of a label: %j', (owner) => {
    expect(parseOwner(JSON.stringify(owner))).toEqual(owner);
  });

  test.each(['', 'somebody', '{}', '17', JSON.stringify({ ...own, pid: -1 }), JSON.stringify({ ...own, pid: 1.5 })])(
    'is nobody where the label is "%s"',
    (text) => expect(parseOwner(text)).toBe(null),
  );
});

describe('a process', () => {
  test('lives while it runs, and is unknown on another host, or in another namespace of it', () => {
    expect(own).toMatchObject({ host: hostname(), pid: process.pid });
    expect(processLives(own)).toBe(true);
    expect(processLives({ ...own, startedAt: null })).toBe(true);
    expect(processLives({ ...own, host: 'elsewhere' })).toBe(null);
    expect(processLives({ ...own, pidNamespace: 'pid:[1]' })).toBe(null);
  });

  test('is dead when it has ended', async () => {
    const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'], { stdio: ['pipe', 'ignore', 'ignore'] });
    const owner: Owner = { ...own, pid: child.pid as number, startedAt: null };
    expect(processLives(owner)).toBe(true);
    const ended = new Promise((resolve) => child.once('close', resolve));
    child.kill('SIGKILL');
    await ended;
    expect(processLives(owner)).toBe(false);
  });

  test.skipIf(!hasProc)('is dead when another has its number', () => {
    expect(own.startedAt).toMatch(/^\d+$/);
    expect(processLives({ ...own, startedAt: String(Number(own.startedAt) + 1) })).toBe(false);
  });

  test.skipIf(!hasProc)('is dead when nobody has taken note of its end yet', async () => {
    // The shell goes on as a program that never waits for the child that it has.
    const parent = spawn('sh', ['-c', 'sleep 0.05 & echo $!; exec sleep 5'], { stdio: ['ignore', 'pipe', 'ignore'] });
    const pid = await new Promise<number>((resolve) => parent.stdout.once('data', (text) => resolve(Number(text))));
    try {
      await expect.poll(() => processLives({ ...own, pid, startedAt: null }), { timeout: 4000 }).toBe(false);
      process.kill(pid, 0);
    } finally {
      parent.kill('SIGKILL');
    }
  });
});
