import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { appendAll, durable, Folders, MemoryDisk, textsOf } from './fixture.ts';
import { frameHeaderBytes, headerBytes } from './format.ts';
import { segmentName, spareName } from './segment.ts';
import { openWal } from './wal.ts';

const folders = new Folders();
afterAll(() => folders.remove());

const small = { segmentBytes: 2 * headerBytes };
const first = segmentName(1);
const segmentsIn = (folder: string): string[] => readdirSync(folder).filter((name) => name.endsWith('.wal'));
const numbered = (count: number, from = 1): string[] => Array.from({ length: count }, (_, at) => `record ${from + at}`);

describe('a log on the real disk', () => {
  test('gives back what was appended, in order, and numbers on from there', async () => {
    const folder = join(folders.fresh(), 'made', 'on', 'the', 'way');
    const { wal, recovered } = await openWal(folder, small);
    expect(recovered).toEqual([]);
    expect([wal.append(Buffer.from('a')), wal.append(Buffer.alloc(0)), wal.append(Buffer.from('c'))]).toEqual([
      1, 2, 3,
    ]);
    await wal.close();
    const second = await openWal(folder, small);
    expect(textsOf(second.recovered)).toEqual(['a', '', 'c']);
    expect(second.wal.append(Buffer.from('d'))).toBe(4);
    await second.wal.close();
    const third = await openWal(folder, small);
    expect(textsOf(third.recovered)).toEqual(['a', '', 'c', 'd']);
    await third.wal.close();
    expect(readdirSync(folder)).toEqual([segmentName(1)]);
  });

  test('takes 10,000 records through many segments, in the order in which they were appended', async () => {
    const folder = folders.fresh();
    const { wal } = await openWal(folder, { segmentBytes: 64 * 1024 });
    const told: number[] = [];
    const all = new Promise<void>((resolve) => {
      wal.onDurable = (position) => {
        told.push(position);
        if (position === 10_000) resolve();
      };
    });
    for (const text of numbered(10_000)) {
      wal.append(Buffer.from(text));
      if (text.endsWith('00')) await new Promise<void>((resolve) => setImmediate(resolve));
    }
    await all;
    expect(told).toEqual([...told].sort((a, b) => a - b));
    await wal.close();
    expect(segmentsIn(folder).length).toBeGreaterThan(5);
    const again = await openWal(folder);
    expect(textsOf(again.recovered)).toEqual(numbered(10_000));
    await again.wal.close();
  });

  const diskBytesAfter = async (record: Uint8Array, count: number): Promise<number> => {
    const folder = folders.fresh();
    const { wal } = await openWal(folder);
    for (let index = 1; index <= count; index += 1) {
      wal.append(record);
      await durable(wal, index);
    }
    const { size, blocks } = statSync(join(folder, segmentName(1)));
    expect(size).toBe(16 << 20);
    await wal.close();
    return blocks * 512;
  };

  test('a segment has its full length from the start, and zeros up to a mebibyte behind small records', async () => {
    const used = await diskBytesAfter(Buffer.alloc(100, 1), 20);
    expect(used).toBeGreaterThanOrEqual(1 << 20);
    expect(used).toBeLessThan(2 << 20);
  });

  test('but none behind large ones, which would gain nothing', async () => {
    const used = await diskBytesAfter(Buffer.alloc(64 << 10, 1), 4);
    expect(used).toBeGreaterThanOrEqual(256 << 10);
    expect(used).toBeLessThan(512 << 10);
  });

  test('a record that fills a segment to its last byte fits, and a longer one gets a longer segment', async () => {
    const folder = folders.fresh();
    const { wal } = await openWal(folder, small);
    const room = small.segmentBytes - headerBytes - frameHeaderBytes;
    const texts = ['a'.repeat(room), 'b'.repeat(room + 1), 'c', 'd'.repeat(100_000), 'e'];
    await appendAll(wal, texts);
    await wal.close();
    expect(segmentsIn(folder)).toEqual([1, 2, 3, 4, 5].map(segmentName));
    const again = await openWal(folder, small);
    expect(textsOf(again.recovered)).toEqual(texts);
    await again.wal.close();
  });

  test.each([
    { over: 0, firsts: [1, 4] },
    { over: 1, firsts: [1, 3, 4] },
  ])('records that are $over bytes longer than the room begin segments $firsts, together or not', async (part) => {
    for (const together of [true, false]) {
      const folder = folders.fresh();
      const { wal } = await openWal(folder, small);
      const room = small.segmentBytes - headerBytes - 3 * frameHeaderBytes;
      const texts = ['a'.repeat(100), 'b'.repeat(1000), 'c'.repeat(room - 1100 + part.over), 'd'.repeat(2000)];
      for (const batch of together ? [texts] : texts.map((text) => [text])) await appendAll(wal, batch);
      await wal.close();
      expect(segmentsIn(folder)).toEqual(part.firsts.map(segmentName));
      const again = await openWal(folder, small);
      expect(textsOf(again.recovered)).toEqual(texts);
      await again.wal.close();
    }
  });

  test('other files in the folder stay as they are, and a half-made segment is removed', async () => {
    const folder = folders.fresh();
    mkdirSync(join(folder, 'lost+found'), { recursive: true });
    const others = ['notes.txt', '1.wal', 'x000000000000001.wal', `${segmentName(1)}.bak`, 'lock-', 'lock-0-x'];
    for (const name of [...others, spareName]) writeFileSync(join(folder, name), 'garbage');
    const { wal } = await openWal(folder, small);
    await appendAll(wal, ['a']);
    await wal.close();
    expect(readdirSync(folder).sort()).toEqual([...others, 'lost+found', segmentName(1)].sort());
    const again = await openWal(folder, small);
    expect(textsOf(again.recovered)).toEqual(['a']);
    await again.wal.close();
  });

  test('closing makes durable what was appended, may be repeated, and what comes after it goes nowhere', async () => {
    const folder = folders.fresh();
    const { wal } = await openWal(folder, small);
    let told = 0;
    wal.onDurable = (position) => {
      told = position;
    };
    wal.append(Buffer.from('a'));
    const closed = wal.close();
    expect(wal.append(Buffer.from('b'))).toBe(2);
    await Promise.all([closed, wal.close()]);
    expect(told).toBe(1);
    const again = await openWal(folder, small);
    expect(textsOf(again.recovered)).toEqual(['a']);
    await again.wal.close();
  });

  test.each([0, 2 * headerBytes - 1, 8192.5, 2 ** 32 + 1, Number.NaN])(
    'segments of %d bytes are refused',
    async (segmentBytes) => {
      await expect(openWal(folders.fresh(), { segmentBytes })).rejects.toThrow(RangeError);
    },
  );
});

describe('group commit', () => {
  test('records of one turn share one write and one sync', async () => {
    const files = new MemoryDisk();
    const { wal } = await openWal('/log', { files, ...small });
    const before = { writes: files.count('write', first), syncs: files.count('sync', first) };
    const told: number[] = [];
    const done = durable(wal, 5);
    const { onDurable } = wal;
    wal.onDurable = (position) => {
      told.push(position);
      onDurable(position);
    };
    for (const text of numbered(2)) wal.append(Buffer.from(text));
    await Promise.resolve();
    for (const text of numbered(3, 3)) wal.append(Buffer.from(text));
    expect(files.count('write', first)).toBe(before.writes);
    await done;
    expect({
      writes: files.count('write', first) - before.writes,
      syncs: files.count('sync', first) - before.syncs,
    }).toEqual({
      writes: 1,
      syncs: 1,
    });
    expect(told).toEqual([5]);
    await wal.close();
  });

  test('records that come while a sync is in flight share the next one, and nothing is told before its sync', async () => {
    const files = new MemoryDisk();
    const { wal } = await openWal('/log', { files, ...small });
    const before = files.count('sync', first);
    let letGo = () => {};
    const started = new Promise<void>((begun) => {
      files.before = ({ kind }) => {
        if (kind !== 'sync' || files.count('sync', first) !== before + 1) return;
        begun();
        return new Promise<void>((resolve) => {
          letGo = resolve;
        });
      };
    });
    const told: number[] = [];
    wal.append(Buffer.from('first'));
    const done = new Promise<void>((resolve) => {
      wal.onDurable = (position) => {
        told.push(position);
        if (position === 101) resolve();
      };
    });
    await started;
    for (const text of numbered(100)) {
      wal.append(Buffer.from(text));
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    expect(told).toEqual([]);
    letGo();
    await done;
    expect(told).toEqual([1, 101]);
    expect(files.count('sync', first) - before).toBe(2);
    await wal.close();
  });

  test('what is appended while being told goes into the next write, without another turn', async () => {
    const files = new MemoryDisk();
    const { wal } = await openWal('/log', { files, ...small });
    const before = files.count('sync', first);
    await new Promise<void>((resolve) => {
      wal.onDurable = (position) => {
        if (position < 10) wal.append(Buffer.from(`after ${position}`));
        else resolve();
      };
      wal.append(Buffer.from('first'));
    });
    expect(files.count('sync', first) - before).toBe(10);
    await wal.close();
  });

  test('the next segment is made once half of the present one is used, so that a roll-over adds one sync', async () => {
    const files = new MemoryDisk();
    const { wal } = await openWal('/log', { files, segmentBytes: 4 * headerBytes });
    await appendAll(wal, ['a'.repeat(3000)]);
    expect(files.fileNames).toEqual([segmentName(1)]);
    await appendAll(wal, ['b'.repeat(3000)]);
    await new Promise<void>((resolve) => setImmediate(resolve));
    expect(files.fileNames).toEqual([segmentName(1), spareName]);
    const before = files.operations.length;
    await appendAll(wal, ['c'.repeat(7000)]);
    expect(files.operations.slice(before, before + 6).map(({ kind }) => kind)).toEqual([
      'write',
      'sync',
      'rename',
      'sync-folder',
      'write',
      'sync',
    ]);
    await wal.close();
    expect(files.fileNames).toEqual([segmentName(1), segmentName(3)]);
  });
});
