import { truncateSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { WalDamaged } from './damage.ts';
import { Folders, MemoryDisk } from './fixture.ts';
import { frameHeaderBytes, headerBytes } from './format.ts';
import {
  appendBatch,
  bytesAt,
  expectAll,
  expectRecord,
  flip,
  overwrite,
  recordOf,
  refusal,
  roomBytes,
  segmentBytes,
} from './read-fixture.ts';
import { segmentName } from './segment.ts';
import { openWal } from './wal.ts';

const folders = new Folders();
afterAll(() => folders.remove());

describe('a record that is not there as it was written', () => {
  /** A log that is open, with records of 30 bytes: two in a segment that is closed, two in the one that is written to. */
  async function scene() {
    const folder = folders.fresh();
    const { wal } = await openWal(folder, { segmentBytes });
    const records = [30, 30, roomBytes, 30, 30].map((bytes, index) => recordOf(index + 1, bytes));
    for (const record of records) await appendBatch(wal, [record]);
    const frame = frameHeaderBytes + 30;
    const at = (position: number) => headerBytes + (position === 2 || position === 5 ? frame : 0);
    const path = (position: number) => join(folder, segmentName(position < 3 ? 1 : position === 3 ? 3 : 4));
    return { folder, wal, records, frame, at, path };
  }

  test('is refused for a flipped bit in any byte of its frame, with a sentence', async () => {
    const { folder, wal, records, frame, at, path } = await scene();
    for (const position of [1, 2, 4, 5]) {
      for (let byte = at(position); byte < at(position) + frame; byte += 1) {
        flip(path(position), byte);
        const error = await refusal(wal.read(position));
        expect(error).toBeInstanceOf(WalDamaged);
        expect(error.message).toBe(
          `${path(position)}, offset ${at(position)}: record ${position} is damaged, and it was durable. This is damage, ` +
            'not an interrupted write. Do not repair the log: stop the replica, wipe its folder ' +
            `${folder} and let it rejoin without a vote until it has caught up.`,
        );
        flip(path(position), byte);
      }
      // The others are as they were, and so is this one again.
      await expectAll(wal, records);
    }
    await wal.close();
  });

  test('is refused where another stands in its place, or a part of the file or the whole file is gone', async () => {
    const { wal, records, frame, at, path } = await scene();
    await expectAll(wal, records);
    overwrite(path(2), at(2), bytesAt(path(1), at(1), frame));
    expect((await refusal(wal.read(2))).message).toMatch(`offset ${at(2)}: record 1 stands in the place of record 2`);
    await expectRecord(wal, records, 1);
    overwrite(path(4), at(4), bytesAt(path(1), at(1), frame));
    expect((await refusal(wal.read(4))).message).toMatch(`offset ${at(4)}: record 4 is damaged`);
    truncateSync(path(5), at(5) + 10);
    const short = await refusal(wal.read(5));
    expect(short).toBeInstanceOf(WalDamaged);
    expect(short.message).toMatch(`${path(5)}, offset ${at(5)}: only 10 of the ${frame} bytes of record 5 can be read`);
    unlinkSync(path(3));
    // Two others were read since: the file has to be opened again.
    expect(await refusal(wal.read(3))).toMatchObject({ code: 'ENOENT' });
    await expectRecord(wal, records, 1);
    await wal.close();
  });

  test.each(['is opened', 'is read'])(
    'an error of the disk when a file %s is told as it is, and the log goes on',
    async (when) => {
      const files = new MemoryDisk();
      const { wal } = await openWal('/log', { files, segmentBytes });
      const records = [10, 8000, 10, 10].map((bytes, index) => recordOf(index + 1, bytes));
      await appendBatch(wal, records.slice(0, 3));
      const failures: Error[] = [];
      wal.onFailure = (error) => failures.push(error);
      for (const position of [2, 1]) {
        let calls = 0;
        files.beforeRead = () => {
          calls += 1;
          if (calls === (when === 'is opened' ? 1 : 2))
            throw Object.assign(new Error('EIO: simulated'), { code: 'EIO' });
        };
        expect(await refusal(wal.read(position))).toMatchObject({ code: 'EIO' });
        await expectRecord(wal, records, position);
      }
      expect(failures).toEqual([]);
      await appendBatch(wal, records.slice(3));
      await expectAll(wal, records);
      await wal.close();
    },
  );
});

describe('a read', () => {
  test.each([0, -1, 1.5, 3, 4, Number.NaN, Number.POSITIVE_INFINITY])(
    'of position %d, which is not durable, is refused',
    async (position) => {
      const { wal } = await openWal(folders.fresh());
      await appendBatch(wal, [recordOf(1, 10), recordOf(2, 10)]);
      // Not durable before the turn ends.
      wal.append(recordOf(3, 10));
      const error = await refusal(wal.read(position));
      expect(error).toBeInstanceOf(RangeError);
      expect(error.message).toBe(`there is no record ${position} to read: those from 1 to 2 are durable`);
      await wal.close();
    },
  );

  test('after the log is closed, or has failed, is refused', async () => {
    const files = new MemoryDisk();
    const { wal } = await openWal('/log', { files, segmentBytes });
    await appendBatch(wal, [recordOf(1, 10)]);
    const before = expectRecord(wal, [recordOf(1, 10)], 1);
    const closing = wal.close();
    await expect(wal.read(1)).rejects.toThrow('the log is closed');
    await Promise.all([before, closing]);
    await expect(wal.read(1)).rejects.toThrow('the log is closed');

    const next = await openWal('/log', { files, segmentBytes });
    files.before = () => {
      throw new Error('EIO: simulated');
    };
    await expect(appendBatch(next.wal, [recordOf(2, 10)])).rejects.toThrow('EIO');
    await expect(next.wal.read(1)).rejects.toThrow('the log has failed: EIO: simulated');
    await next.wal.close();
    await expect(next.wal.read(1)).rejects.toThrow('the log has failed: EIO: simulated');
  });
});
