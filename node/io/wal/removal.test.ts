import { readdirSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { nodeFiles } from './files.ts';
import { Folders, MemoryDisk, textsOf } from './fixture.ts';
import { appendBatch, expectRecord, recordOf, refusal, roomBytes, segmentBytes } from './read-fixture.ts';
import { expectFrom, growTo } from './removal-fixture.ts';
import { segmentName } from './segment.ts';
import { openWal } from './wal.ts';

const folders = new Folders();
afterAll(() => folders.remove());

const segmentsIn = (folder: string): string[] => readdirSync(folder).filter((name) => name.endsWith('.wal'));

describe('what is needed no more', () => {
  test('is removed at the next roll-over, whole segments only, and positions count on, in later lives too', async () => {
    const folder = folders.fresh();
    const records: Buffer[] = [];
    const { wal, firstPosition } = await openWal(folder, { segmentBytes });
    expect(firstPosition).toBe(1);
    await growTo(wal, records, 8);
    wal.removeBefore(6);
    expect(segmentsIn(folder)).toEqual([1, 3, 5, 7].map(segmentName));
    await growTo(wal, records, 9);
    // The fifth record shares a segment with the sixth.
    await expect.poll(() => segmentsIn(folder)).toEqual([5, 7, 9].map(segmentName));
    for (const position of [5, 6, 7, 8, 9]) await expectRecord(wal, records, position);
    for (const position of [1, 4]) {
      const error = await refusal(wal.read(position));
      expect(error).toBeInstanceOf(RangeError);
      expect(error.message).toBe(`there is no record ${position} to read: those from 5 to 9 are durable`);
    }
    await wal.close();
    await expectFrom(folder, nodeFiles, records, 5);
    await expectFrom(folder, nodeFiles, records, 5);

    const again = await openWal(folder, { segmentBytes });
    for (const position of [5, 8, 10, 11]) await expectRecord(again.wal, records, position);
    expect(await refusal(again.wal.read(4))).toBeInstanceOf(RangeError);
    // All was removed before; then all but the segment of the last record.
    again.wal.removeBefore(3);
    again.wal.removeBefore(11);
    await growTo(again.wal, records, 13);
    await again.wal.close();
    expect(segmentsIn(folder)).toEqual([9, 13].map(segmentName));
    await expectFrom(folder, nodeFiles, records, 9);
  });

  test('is not what an earlier call, or one that comes late, says', async () => {
    const files = new MemoryDisk();
    const records: Buffer[] = [];
    const { wal } = await openWal('/log', { files, segmentBytes });
    await growTo(wal, records, 7);
    for (const position of [5, 1, 4, 5, 2]) wal.removeBefore(position);
    await growTo(wal, records, 9);
    const closing = wal.close();
    wal.removeBefore(9);
    await closing;
    expect(files.fileNames).toEqual([5, 7, 9].map(segmentName));
    const removed = files.operations.filter(({ kind, name }) => kind === 'remove' && name.endsWith('.wal'));
    expect(removed.map(({ name }) => name)).toEqual([1, 3].map(segmentName));
    await expectFrom('/log', files, records, 5);
  });

  test('is nothing where the position stands in the first segment', async () => {
    const files = new MemoryDisk();
    const records: Buffer[] = [];
    const { wal } = await openWal('/log', { files, segmentBytes });
    await growTo(wal, records, 3);
    wal.removeBefore(2);
    await growTo(wal, records, 7);
    await wal.close();
    expect(files.fileNames).toEqual([1, 3, 5, 7].map(segmentName));
    await expectFrom('/log', files, records, 1);
  });

  test.each([0, -1, 1.5, 4, Number.NaN, Number.POSITIVE_INFINITY])(
    'must be said by a position that is durable: %d is refused',
    async (position) => {
      const { wal } = await openWal('/log', { files: new MemoryDisk(), segmentBytes });
      await appendBatch(
        wal,
        [1, 2, 3].map((at) => recordOf(at, 10)),
      );
      wal.append(recordOf(4, 10));
      expect(() => wal.removeBefore(position)).toThrow(
        new RangeError(`there is no record ${position} to remove those before it: those from 1 to 3 are durable`),
      );
      await wal.close();
    },
  );

  test('is removed once where a longer segment took the place of an empty one', async () => {
    const files = new MemoryDisk();
    const records: Buffer[] = [];
    const { wal } = await openWal('/log', { files, segmentBytes });
    await growTo(wal, records, 1, 2 * roomBytes);
    await growTo(wal, records, 2, 3 * roomBytes);
    wal.removeBefore(2);
    await growTo(wal, records, 3);
    await wal.close();
    expect(files.fileNames).toEqual([2, 3].map(segmentName));
    await expectFrom('/log', files, records, 2);
  });

  test.each([
    ['that is memory', new MemoryDisk(), segmentBytes],
    ['that is real', nodeFiles, 8 * segmentBytes],
  ])('keeps the number of files bounded, over 10,000 records, on a disk %s', async (_what, files, bytes) => {
    const folder = folders.fresh();
    const { wal } = await openWal(folder, { files, segmentBytes: bytes });
    const text = (position: number) => Buffer.from(`record ${position}`.padEnd(200));
    let most = 0;
    let appended = 0;
    const append = () => {
      for (let count = 0; count < 10 && appended < 10_000; count += 1) appended = wal.append(text(appended + 1));
    };
    await new Promise<void>((resolve, reject) => {
      wal.onFailure = reject;
      wal.onDurable = (position) => {
        if (position > 30) wal.removeBefore(position - 30);
        // A real disk may take its time for a removal.
        if (files instanceof MemoryDisk) most = Math.max(most, files.fileNames.length);
        if (position === 10_000) resolve();
        else append();
      };
      append();
    });
    // What is needed spans three segments at most; one may have become removable since, one is made, one is being removed.
    expect(most).toBeLessThanOrEqual(6);
    await wal.close();
    expect((await files.list(folder)).filter((name) => name.endsWith('.wal')).length).toBeLessThanOrEqual(4);
    const { wal: again, recovered, firstPosition } = await openWal(folder, { files, segmentBytes: bytes });
    expect(textsOf(recovered).map((found) => found.trim())).toEqual(
      recovered.map((_, index) => `record ${firstPosition + index}`),
    );
    expect(firstPosition + recovered.length).toBe(10_001);
    expect(recovered.length).toBeLessThan(1000);
    await again.close();
  });
});
