import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { changed, type Files, flipped, framesOf, layOut, logOf, reopen, segmentBytes } from './damage-fixture.ts';
import { appendAll } from './fixture.ts';
import { segmentName } from './segment.ts';
import { openWal } from './wal.ts';

const letters = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k'].map((letter) => letter.repeat(1900));

describe('a log that has let go of its beginning', () => {
  /** Segments 5, 7, 9 and 11: 1 and 3 were removed when 9 was begun. */
  let files: Files;
  /** The segments 1 and 3 as they were. */
  let removed: Files;
  beforeAll(async () => {
    const folder = layOut(await logOf(letters.slice(0, 8).map((text) => [text])));
    removed = new Map([1, 3].map((first) => [segmentName(first), readFileSync(join(folder, segmentName(first)))]));
    const { wal } = await openWal(folder, { segmentBytes });
    wal.removeBefore(5);
    for (const text of letters.slice(8)) await appendAll(wal, [text]);
    await wal.close();
    files = new Map(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name))]));
    expect([...files.keys()]).toEqual([5, 7, 9, 11].map(segmentName));
  });
  const without = (...firsts: number[]): Files =>
    new Map([...files].filter(([name]) => !firsts.map(segmentName).includes(name)));
  const kept = letters.slice(4);

  test('is refused where its first segment is missing, or one in the middle', async () => {
    expect(await reopen(files)).toEqual(kept);
    expect(await reopen(without(5))).toMatch(
      `${segmentName(7)}, offset 0: the log begins here, and the segment before it, ${segmentName(5)}, is missing`,
    );
    expect(await reopen(without(5, 7, 9))).toMatch(`the segment before it, ${segmentName(5)}, is missing`);
    expect(await reopen(without(7))).toMatch(`a segment is missing: ${segmentName(9)} follows`);
    expect(await reopen(without(9))).toMatch(`a segment is missing: ${segmentName(11)} follows`);
  });

  test('is refused where its first segment is missing, though older ones are there again', async () => {
    const missing = `the segment before it, ${segmentName(5)}, is missing`;
    expect(await reopen(new Map([...removed, ...without(5)]))).toMatch(missing);
    expect(await reopen(new Map([...removed, ...without(7)]))).toMatch(
      `a segment is missing: ${segmentName(9)} follows`,
    );
  });

  test('is refused where the segments are missing that say where it begins', async () => {
    // By the header of segment 7 the log begins with segment 1.
    expect(await reopen(without(9, 11))).toMatch(`the segment before it, ${segmentName(1)}, is missing`);
  });

  test('is refused for a flipped bit in any byte of what says where it begins', async () => {
    for (let byte = 0; byte < 44; byte += 1) {
      for (const first of [5, 7, 9, 11]) {
        expect(await reopen(flipped(files, first, byte))).toMatch(`${segmentName(first)}, offset 0: the file`);
      }
    }
  });

  test('is refused for damage in what is left, by its right position', async () => {
    for (const first of [5, 7, 9]) {
      for (const [index, { at }] of framesOf(files.get(segmentName(first)) as Buffer).entries()) {
        const sentence = await reopen(changed(files, first, (bytes) => bytes.fill(0, at, at + 100)));
        expect(sentence).toMatch(`${segmentName(first)}, offset ${at}: record ${first + index} is damaged`);
      }
    }
  });

  test('does not read what it has let go of, whatever is left of it', async () => {
    const half = new Map([...removed].map(([name, bytes]) => [name, bytes.subarray(0, 100)]));
    for (const older of [removed, half, new Map([...removed].slice(0, 1)), new Map([...removed].slice(1))]) {
      const folder = layOut(new Map([...older, ...files]));
      mkdirSync(join(folder, 'lost+found'));
      const { wal, firstPosition, recovered } = await openWal(folder, { segmentBytes });
      expect({ firstPosition, count: recovered.length }).toEqual({ firstPosition: 5, count: kept.length });
      await wal.close();
      expect(readdirSync(folder).sort()).toEqual([...[5, 7, 9, 11].map(segmentName), 'lost+found']);
    }
  });
});
