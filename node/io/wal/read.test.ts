import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { nodeFiles, type WalFiles } from './files.ts';
import { Folders, MemoryDisk } from './fixture.ts';
import { frameHeaderBytes, headerBytes } from './format.ts';
import {
  appendBatch,
  expectAll,
  expectRecord,
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

describe('a durable record is read back', () => {
  const sizes = [0, 1, 100, roomBytes, roomBytes + 1, 0, 20_000, 500, 500, 100_000, 3000, 1000, 7, 0];

  test.each(['one by one', 'together'])(
    'whatever its size and its segment, before and after reopening, %s',
    async (how) => {
      const folder = folders.fresh();
      const records: Buffer[] = [];
      // The first record of all is longer than a segment; each life ends in another segment.
      for (const first of [9000, 0, roomBytes]) {
        const { wal } = await openWal(folder, { segmentBytes });
        await expectAll(wal, records);
        const added = [first, ...sizes].map((bytes, index) => recordOf(records.length + 1 + index, bytes));
        records.push(...added);
        if (how === 'together') await appendBatch(wal, added);
        else for (const record of added) await appendBatch(wal, [record]);
        await expectAll(wal, records);
        await wal.close();
      }
      const { wal, recovered } = await openWal(folder, { segmentBytes });
      expect(recovered).toHaveLength(records.length);
      await expectAll(wal, records);
      await wal.close();
    },
  );

  test('out of thousands, in one segment and in many', async () => {
    for (const segment of [16 * 1024, 1 << 20]) {
      const folder = folders.fresh();
      const records = Array.from({ length: 1000 }, (_, index) => recordOf(index + 1, index % 60));
      const { wal } = await openWal(folder, { segmentBytes: segment });
      await appendBatch(wal, records);
      await expectAll(wal, records);
      await wal.close();
      const again = await openWal(folder);
      await expectAll(again.wal, records);
      await again.wal.close();
    }
  });

  test('where the log goes on after a segment that a crash left without a record', async () => {
    const folder = folders.fresh();
    const records = [10, 20, 5000].map((bytes, index) => recordOf(index + 1, bytes));
    const { wal } = await openWal(folder, { segmentBytes });
    await appendBatch(wal, records);
    await wal.close();
    overwrite(join(folder, segmentName(3)), headerBytes, Buffer.alloc(frameHeaderBytes + 5000));
    const again = await openWal(folder, { segmentBytes });
    expect(again.recovered).toHaveLength(2);
    expect(await refusal(again.wal.read(3))).toBeInstanceOf(RangeError);
    // Longer than that segment, which a longer one of the same name replaces.
    const others = [...records.slice(0, 2), recordOf(30, 50_000), recordOf(40, 5)];
    await appendBatch(again.wal, others.slice(2));
    await expectAll(again.wal, others);
    await again.wal.close();
  });

  test('as memory of its own', async () => {
    const { wal } = await openWal(folders.fresh());
    await appendBatch(wal, [recordOf(1, 10), recordOf(2, 10)]);
    const [one, same] = await Promise.all([wal.read(1), wal.read(1)]);
    expect(one.buffer.byteLength).toBe(frameHeaderBytes + 10);
    one.fill(0);
    expect(recordOf(1, 10).equals(same)).toBe(true);
    await expectRecord(wal, [recordOf(1, 10)], 1);
    await wal.close();
  });

  test('while appends are under way', async () => {
    const { wal } = await openWal(folders.fresh(), { segmentBytes });
    const records: Buffer[] = [];
    const append = () => {
      records.push(recordOf(records.length + 1, (records.length * 97) % 700));
      wal.append(records.at(-1) as Buffer);
    };
    const reads: Promise<void>[] = [];
    await new Promise<void>((resolve, reject) => {
      wal.onFailure = reject;
      wal.onDurable = (position) => {
        // The last one that was written, in the midst of a segment's tail, and some that are far behind.
        for (const wanted of new Set([position, Math.ceil(position / 2), Math.max(1, position - 20)])) {
          reads.push(expectRecord(wal, records, wanted));
        }
        if (position >= 500) resolve();
        else for (let count = 0; count < 5; count += 1) append();
      };
      append();
    });
    await Promise.all(reads);
    await wal.close();
  });

  test('whatever was appended, reopened and read before', async () => {
    const bytes = fc.oneof(fc.nat(50), fc.nat(2000), fc.constantFrom(roomBytes - 1, roomBytes, roomBytes + 1, 30_000));
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.array(bytes, { minLength: 1, maxLength: 8 }) },
      { weight: 1, arbitrary: fc.constant('reopen' as const) },
      { weight: 4, arbitrary: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const folder = folders.fresh();
        const records: Buffer[] = [];
        let { wal } = await openWal(folder, { segmentBytes });
        for (const next of steps) {
          if (next === 'reopen') {
            await wal.close();
            ({ wal } = await openWal(folder, { segmentBytes }));
          } else if (typeof next === 'number') {
            if (records.length > 0) await expectRecord(wal, records, 1 + Math.floor(next * records.length));
          } else {
            const added = next.map((size, index) => recordOf(records.length + 1 + index, size));
            records.push(...added);
            await appendBatch(wal, added);
          }
        }
        await expectAll(wal, records);
        await wal.close();
      }),
      { numRuns: 40 },
    );
  });
});

describe('a read', () => {
  test('that hangs holds up no append and no roll-over, only the end', async () => {
    const files = new MemoryDisk();
    const { wal } = await openWal('/log', { files, segmentBytes });
    const records = [10, 3000, 3000, 3000, 10].map((bytes, index) => recordOf(index + 1, bytes));
    await appendBatch(wal, records.slice(0, 1));
    let letGo = () => {};
    files.beforeRead = () =>
      new Promise<void>((resolve) => {
        letGo = resolve;
      });
    const read = expectRecord(wal, records, 1);
    const behind = expectRecord(wal, records, 1);
    for (const record of records.slice(1)) await appendBatch(wal, [record]);
    expect(files.count('rename')).toBe(3);
    let closed = false;
    const closing = wal.close().then(() => {
      closed = true;
    });
    await new Promise<void>((resolve) => setImmediate(resolve));
    expect(closed).toBe(false);
    files.beforeRead = () => {};
    letGo();
    await Promise.all([read, behind, closing]);
  });

  test('keeps two segments open at most, and none once the log is closed', async () => {
    const open = new Set<string>();
    let most = 0;
    let opened = 0;
    const files: WalFiles = {
      ...nodeFiles,
      openToRead: async (path) => {
        const file = await nodeFiles.openToRead(path);
        open.add(path);
        opened += 1;
        most = Math.max(most, open.size);
        return {
          read: (into, at) => file.read(into, at),
          close: async () => {
            open.delete(path);
            await file.close();
          },
        };
      },
    };
    const { wal } = await openWal(folders.fresh(), { files, segmentBytes });
    const records = Array.from({ length: 5 }, (_, index) => recordOf(index + 1, roomBytes));
    await appendBatch(wal, records);
    // Two readers that are far apart.
    for (const position of [1, 4, 1, 4, 1, 4]) await expectRecord(wal, records, position);
    expect(opened).toBe(2);
    await expectAll(wal, records);
    // One more for as long as it takes to close the one that was not used for longest.
    expect(most).toBeLessThanOrEqual(3);
    expect(open.size).toBe(2);
    await wal.close();
    expect(open.size).toBe(0);
  });
});
