/** The power goes at every step that changes the disk, and any of what was not synced survives. */
import { describe, expect, test } from 'vitest';
import { drawsOf, remains, untilCrash } from './crash-fixture.ts';
import { appendAll, MemoryDisk, textsOf } from './fixture.ts';
import { headerBytes } from './format.ts';
import { openWal } from './wal.ts';

const segmentBytes = 2 * headerBytes;

/** Small batches, records of several sectors, batches of several records, and two roll-overs. */
const batches = [[10], [20, 700, 5], [1300], [600, 600, 0], [900, 40], [1500, 1500, 1500], [3, 3000], [8]].map(
  (sizes, batch) => sizes.map((size, place) => `${batch}.${place}:${'x'.repeat(size)}`),
);
const texts = batches.flat();

/** Appends all batches, waiting for each second one only. `told` is the last position that was said to be durable. */
async function writeAllBatches(files: MemoryDisk, progress: { told: number }): Promise<void> {
  const { wal } = await openWal('/log', { files, segmentBytes });
  await new Promise<void>((resolve, reject) => {
    let batch = 0;
    const next = () => {
      for (const text of batches[batch] ?? []) wal.append(Buffer.from(text));
      batch += 1;
      // Some come while the sync of the batch before is in flight.
      if (batch % 2 === 1) setImmediate(() => setImmediate(next));
    };
    wal.onDurable = (position) => {
      progress.told = position;
      if (position === texts.length) resolve();
      else if (batch % 2 === 0) next();
    };
    wal.onFailure = reject;
    next();
  });
  await wal.close();
}

/** All that was told is there, nothing else than what was appended is, and the log can be gone on with. */
async function checkRemains(files: MemoryDisk, told: number): Promise<void> {
  const { wal, recovered } = await openWal('/log', { files, segmentBytes });
  const found = textsOf(recovered);
  expect(found.length).toBeGreaterThanOrEqual(told);
  expect(found).toEqual(texts.slice(0, found.length));
  await appendAll(wal, ['and', 'on']);
  await wal.close();
  const again = await openWal('/log', { files: files.crash(), segmentBytes });
  expect(textsOf(again.recovered)).toEqual([...found, 'and', 'on']);
  await again.wal.close();
}

describe('a crash', () => {
  test('the play has roll-overs and enough steps', async () => {
    const disk = new MemoryDisk();
    await writeAllBatches(disk, { told: 0 });
    expect(disk.count('rename')).toBe(4);
    expect(disk.operations.length).toBeGreaterThan(35);
  });

  test.each(['before', 'after'] as const)(
    '%s any operation loses nothing that was said to be durable',
    async (when) => {
      for (let index = 0; ; index += 1) {
        const disk = new MemoryDisk();
        const progress = { told: 0 };
        if (!(await untilCrash(disk, index, when, () => writeAllBatches(disk, progress)))) break;
        for (const left of remains(disk, index)) await checkRemains(left, progress.told);
      }
    },
  );

  test('during recovery from a crash loses nothing either', async () => {
    for (let index = 0; index < 60; index += 1) {
      const first = new MemoryDisk();
      const progress = { told: 0 };
      if (!(await untilCrash(first, index, 'after', () => writeAllBatches(first, progress)))) break;
      for (const when of ['before', 'after'] as const) {
        for (let step = 0; step < 10; step += 1) {
          const second = first.crash(0.5, drawsOf(index + step));
          const crashed = await untilCrash(second, step, when, () => openWal('/log', { files: second, segmentBytes }));
          if (!crashed) break;
          await checkRemains(second.crash(0.5, drawsOf(index * step)), progress.told);
        }
      }
    }
  });

  test('after a process was killed loses nothing of what the next one read or wrote', async () => {
    for (const when of ['before', 'after'] as const) {
      for (let index = 0; ; index += 1) {
        const disk = new MemoryDisk();
        const killed = await untilCrash(disk, index, when, () => writeAllBatches(disk, { told: 0 }));
        if (!killed) break;
        // A killed process is gone only when the kernel has done what it was asked for.
        await new Promise<void>((resolve) => setImmediate(resolve));
        const kept = disk.afterKill();
        const next = await openWal('/log', { files: kept, segmentBytes });
        const found = textsOf(next.recovered);
        await checkRemains(kept.crash(), found.length);
        await appendAll(next.wal, ['more']);
        const last = await openWal('/log', { files: kept.crash(), segmentBytes });
        expect(textsOf(last.recovered)).toEqual([...found, 'more']);
      }
    }
  });

  test('after a sync failed, and another process has read from the page cache what is not on the disk', async () => {
    const disk = new MemoryDisk();
    const { wal } = await openWal('/log', { files: disk, segmentBytes });
    const failed = new Promise<Error>((resolve) => {
      wal.onFailure = resolve;
    });
    disk.before = ({ kind }) => {
      if (kind === 'sync') throw new Error('EIO');
    };
    for (const text of texts.slice(0, 5)) wal.append(Buffer.from(text));
    await failed;
    await wal.close();
    disk.before = () => {};
    const again = await openWal('/log', { files: disk, segmentBytes });
    expect(textsOf(again.recovered)).toEqual(texts.slice(0, 5));
    await again.wal.close();
    await checkRemains(disk.crash(), 5);
  });

  test('a sync that does nothing is found out: the test can fail', async () => {
    const disk = new MemoryDisk();
    const progress = { told: 0 };
    const sound = disk.open.bind(disk);
    const lying = async (path: string) => {
      const file = await sound(path);
      return { ...file, sync: async () => {}, writeDurably: file.write };
    };
    await (await openWal('/log', { files: disk, segmentBytes })).wal.close();
    disk.open = lying;
    await writeAllBatches(disk, progress);
    await expect(checkRemains(disk.crash(), progress.told)).rejects.toThrow();
  });
});
