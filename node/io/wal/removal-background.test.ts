import { readdirSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { nodeFiles, type WalFiles } from './files.ts';
import { Folders, MemoryDisk } from './fixture.ts';
import { expectRecord, recordOf, refusal, segmentBytes } from './read-fixture.ts';
import { expectFrom, growTo, half } from './removal-fixture.ts';
import { segmentName } from './segment.ts';
import { openWal } from './wal.ts';

const folders = new Folders();
afterAll(() => folders.remove());

const segmentsIn = (folder: string): string[] => readdirSync(folder).filter((name) => name.endsWith('.wal'));
const segmentsOf = (disk: MemoryDisk): string[] => disk.fileNames.filter((name) => name.endsWith('.wal'));
const turns = async (count: number): Promise<void> => {
  for (let turn = 0; turn < count; turn += 1) await new Promise<void>((resolve) => setImmediate(resolve));
};

describe('a removal', () => {
  test('holds up no append where it hangs, only the end, and later ones wait for it', async () => {
    const files = new MemoryDisk();
    const records: Buffer[] = [];
    const { wal } = await openWal('/log', { files, segmentBytes });
    await growTo(wal, records, 4);
    wal.removeBefore(4);
    let letGo = () => {};
    files.before = ({ kind, name }) => {
      if (kind !== 'remove' || name !== segmentName(1)) return;
      return new Promise<void>((resolve) => {
        letGo = resolve;
      });
    };
    await growTo(wal, records, 6);
    wal.removeBefore(6);
    await growTo(wal, records, 8);
    expect(files.fileNames).toEqual([1, 3, 5, 7].map(segmentName).concat('next.tmp'));
    let closed = false;
    const closing = wal.close().then(() => {
      closed = true;
    });
    await turns(10);
    expect(closed).toBe(false);
    letGo();
    await closing;
    expect(files.fileNames).toEqual([5, 7].map(segmentName));
    await expectFrom('/log', files, records, 5);
  });

  test('waits for the reads that were asked for before it, under way or queued, and for no others', async () => {
    const files = new MemoryDisk();
    const records: Buffer[] = [];
    const { wal } = await openWal('/log', { files, segmentBytes });
    await growTo(wal, records, 4);
    let letGo = () => {};
    files.beforeRead = () =>
      new Promise<void>((resolve) => {
        letGo = resolve;
      });
    const underWay = expectRecord(wal, records, 1);
    const queued = [3, 1, 2].map((position) => expectRecord(wal, records, position));
    wal.removeBefore(4);
    const between = expectRecord(wal, records, 2);
    await growTo(wal, records, 7);
    expect(await refusal(wal.read(1))).toBeInstanceOf(RangeError);
    expect(files.count('remove')).toBe(0);
    files.beforeRead = () => {};
    letGo();
    await Promise.all([underWay, ...queued, between]);
    await wal.close();
    expect(files.fileNames).toEqual([3, 5, 7].map(segmentName));
  });

  test('closes the files of what it removes, and no others', async () => {
    const open = new Set<string>();
    const files: WalFiles = {
      ...nodeFiles,
      openToRead: async (path) => {
        const file = await nodeFiles.openToRead(path);
        open.add(path.slice(-20));
        return {
          read: (into, at) => file.read(into, at),
          close: async () => {
            open.delete(path.slice(-20));
            await file.close();
          },
        };
      },
    };
    const folder = folders.fresh();
    const records: Buffer[] = [];
    const { wal } = await openWal(folder, { files, segmentBytes });
    await growTo(wal, records, 4);
    await expectRecord(wal, records, 1);
    await expectRecord(wal, records, 3);
    expect([...open].sort()).toEqual([1, 3].map(segmentName));
    wal.removeBefore(3);
    await growTo(wal, records, 5);
    await expect.poll(() => segmentsIn(folder)).toEqual([3, 5].map(segmentName));
    expect([...open]).toEqual([segmentName(3)]);
    await wal.close();
  });

  test('that a crash undid, wholly or in any part, is finished by the next to open the log', async () => {
    const files = new MemoryDisk();
    const records: Buffer[] = [];
    const { wal } = await openWal('/log', { files, segmentBytes });
    await growTo(wal, records, 10);
    wal.removeBefore(9);
    await growTo(wal, records, 11);
    await turns(10);
    expect(segmentsOf(files)).toEqual([9, 11].map(segmentName));
    for (let kept = 0; kept < 16; kept += 1) {
      let asked = 0;
      // One draw for each of the four that were removed; all that was written is synced.
      const left = files.crash(0.5, () => ((kept >> asked++) & 1) / 2);
      expect(segmentsOf(left).length).toBe(2 + [0, 1, 2, 3].filter((bit) => (kept >> bit) & 1).length);
      await expectFrom('/log', left, [...records], 9);
      expect(left.fileNames).toEqual([9, 11].map(segmentName));
    }
  });

  test.each(['EIO', 'EROFS'])('that fails with %s is a failure of the log, and loses nothing', async (code) => {
    for (const failing of [1, 3, 5]) {
      const files = new MemoryDisk();
      const records: Buffer[] = [];
      const { wal } = await openWal('/log', { files, segmentBytes });
      await growTo(wal, records, 8);
      wal.removeBefore(8);
      files.before = ({ kind, name }) => {
        if (kind === 'remove' && name === segmentName(failing)) throw Object.assign(new Error(code), { code });
      };
      const failed = new Promise<Error>((resolve) => {
        wal.onFailure = resolve;
      });
      wal.append(recordOf(9, half));
      expect(await failed).toMatchObject({ code });
      await turns(10);
      const operations = files.operations.length;
      wal.append(recordOf(10, half));
      await expect(wal.read(8)).rejects.toThrow(`the log has failed: ${code}`);
      await wal.close();
      expect(files.operations).toHaveLength(operations);
      files.before = () => {};
      for (const left of [files, files.crash()]) {
        const { recovered, firstPosition } = await openWal('/log', { files: left, segmentBytes });
        expect(firstPosition).toBe(7);
        expect(recovered.length).toBeGreaterThanOrEqual(2);
        expect(left.fileNames).toEqual([7, 9].map(segmentName));
      }
    }
  });
});
