/** The power goes at every step that changes the disk, and any of what was not synced survives. */
import { describe, expect, test } from 'vitest';
import { drawsOf, remains, untilCrash } from '../wal/crash-fixture.ts';
import { MemoryDisk } from '../wal/fixture.ts';
import { begin, payloadOf, readFrom, receive, receiveAll, save } from './fixture.ts';
import { blockBytes } from './format.ts';
import { openSnapshots } from './snapshots.ts';

/** What a snapshot may be after a crash. */
interface Known {
  /** What was begun to be written under this index since the last acknowledged version, and that one, if there is one. */
  versions: Buffer[];
  acknowledged: boolean;
}

/** What happened until the crash, by index. What may have been removed is not there. */
type Progress = Map<number, Known>;

/** Several writes, and several blocks in the last one. */
const large = payloadOf(1, 6 * blockBytes + 77);
const medium = payloadOf(2, blockBytes + 1);
const small = payloadOf(3, 700);

/** Saves, receives, gives up, replaces and removes. */
async function play(files: MemoryDisk, progress: Progress): Promise<void> {
  const { snapshots } = await openSnapshots('/snapshots', { files });
  const keep = async (index: number, payload: Buffer, how: typeof save | typeof receive) => {
    const known = progress.get(index) ?? { versions: [], acknowledged: false };
    progress.set(index, known);
    known.versions.push(payload);
    await how(snapshots, index, payload);
    known.versions = [payload];
    known.acknowledged = true;
  };
  const removeBefore = (index: number) => {
    for (const other of progress.keys()) if (other < index) progress.delete(other);
    snapshots.removeBefore(index);
  };
  await keep(1, small, save);
  await keep(2, large, save);
  removeBefore(2);
  receiveAll(snapshots, 9, medium);
  await keep(4, large, receive);
  await keep(4, medium, receive);
  await Promise.all([keep(5, medium, save), keep(6, small, receive)]);
  removeBefore(6);
  await keep(6, medium, save);
  await snapshots.close();
}

/** Each one that was acknowledged is there; the newest is whole; and the folder can be gone on with. */
async function checkRemains(files: MemoryDisk, progress: Progress): Promise<void> {
  const { snapshots, newest } = await openSnapshots('/snapshots', { files });
  const acknowledged = [...progress].filter(([, known]) => known.acknowledged).map(([index]) => index);
  expect(newest?.index ?? 0).toBeGreaterThanOrEqual(Math.max(0, ...acknowledged));
  if (newest !== undefined) expect(Buffer.from(newest.record).toString()).toBe(`up to ${newest.index}`);
  for (const index of newest === undefined ? [] : new Set([...acknowledged, newest.index])) {
    const found = await readFrom(snapshots, index, 0);
    const known = progress.get(index)?.versions.some((version) => version.equals(found));
    expect({ index, known }).toEqual({ index, known: true });
  }
  expect(files.fileNames.filter((name) => name.endsWith('.tmp'))).toEqual([]);
  await save(snapshots, 10, medium);
  await snapshots.close();
  expect((await begin('/snapshots', files.crash()))?.payload.equals(medium)).toBe(true);
}

describe('a crash', () => {
  test('the play has enough steps of each kind', async () => {
    const disk = new MemoryDisk();
    const progress: Progress = new Map();
    await play(disk, progress);
    expect([...progress.keys()]).toEqual([6]);
    expect(disk.count('rename')).toBe(7);
    // 1, 2, 4 and 5.
    expect(disk.count('remove')).toBeGreaterThanOrEqual(4);
    expect(disk.operations.length).toBeGreaterThan(50);
    await checkRemains(disk.crash(), progress);
  });

  test.each(['before', 'after'] as const)(
    '%s any operation leaves whole snapshots, and all that were told',
    async (when) => {
      for (let index = 0; ; index += 1) {
        const disk = new MemoryDisk();
        const progress: Progress = new Map();
        if (!(await untilCrash(disk, index, when, () => play(disk, progress)))) break;
        for (const left of remains(disk, index)) await checkRemains(left, progress);
      }
    },
  );

  test('during the start after a crash leaves them too', async () => {
    for (let index = 0; ; index += 1) {
      const first = new MemoryDisk();
      const progress: Progress = new Map();
      if (!(await untilCrash(first, index, 'after', () => play(first, progress)))) break;
      for (const when of ['before', 'after'] as const) {
        for (let step = 0; ; step += 1) {
          const second = first.crash(0.7, drawsOf(index + step));
          if (!(await untilCrash(second, step, when, () => begin('/snapshots', second)))) break;
          await checkRemains(second.crash(0.5, drawsOf(index * step)), progress);
        }
      }
    }
  });

  test('after a process was killed loses nothing of what the next one began from', async () => {
    for (const when of ['before', 'after'] as const) {
      for (let index = 0; ; index += 1) {
        const disk = new MemoryDisk();
        const progress: Progress = new Map();
        if (!(await untilCrash(disk, index, when, () => play(disk, progress)))) break;
        // A killed process is gone only when the kernel has done what it was asked for.
        await new Promise<void>((resolve) => setImmediate(resolve));
        const kept = disk.afterKill();
        const found = await begin('/snapshots', kept);
        const again = await begin('/snapshots', kept.crash());
        expect(again?.index).toBe(found?.index);
        if (found !== undefined) expect(again?.payload.equals(found.payload)).toBe(true);
        await checkRemains(kept, progress);
      }
    }
  });

  test.each(['sync', 'syncFolder'] as const)(
    'is found out where a %s does nothing: the test can fail',
    async (what) => {
      const disk = new MemoryDisk();
      const progress: Progress = new Map();
      if (what === 'syncFolder') disk.syncFolder = async () => {};
      const sound = disk.create.bind(disk);
      if (what === 'sync') {
        disk.create = async (path) => {
          const file = await sound(path);
          return { ...file, sync: async () => {}, writeDurably: file.write };
        };
      }
      await play(disk, progress);
      await expect(checkRemains(disk.crash(), progress)).rejects.toThrow();
    },
  );
});
