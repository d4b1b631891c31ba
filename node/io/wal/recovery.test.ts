import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  changed,
  type Files,
  type Found,
  flipped,
  framesOf,
  layOut,
  logOf,
  reopen,
  replaced,
  segmentBytes,
} from './damage-fixture.ts';
import { textsOf } from './fixture.ts';
import { headerBytes } from './format.ts';
import { segmentName } from './segment.ts';
import { openWal } from './wal.ts';

const single = segmentName(1);
const batches = [['one'], ['two', 'three'], ['four'], [''], ['five', 'six', 'seven']];
const texts = batches.flat();

describe('a log of one segment', () => {
  let files: Files;
  let frames: Found[];
  beforeAll(async () => {
    files = await logOf(batches);
    frames = framesOf(files.get(single) as Buffer);
    expect(frames.map(({ batchFirst }) => batchFirst)).toEqual([1, 2, 2, 4, 5, 6, 6, 6]);
  });

  test.each(['zeros', 'garbage'])(
    'is cut where its last record is torn at any byte, with %s after it',
    async (what) => {
      const last = frames.at(-1) as Found;
      for (let at = last.at; at < last.end; at += 1) {
        const torn = changed(files, 1, (bytes) => {
          for (let byte = at; byte < last.end; byte += 1) {
            // Never what stood there.
            bytes[byte] = what === 'zeros' ? 0 : (bytes[byte] as number) ^ (1 + ((byte * 37) % 255));
          }
        });
        const folder = layOut(torn);
        const { wal, recovered } = await openWal(folder);
        const unchanged = torn.get(single)?.equals(files.get(single) as Buffer) === true;
        expect(textsOf(recovered)).toEqual(unchanged ? texts : texts.slice(0, -1));
        await wal.close();
        const cut = readFileSync(join(folder, single));
        expect(cut.subarray(unchanged ? last.end : last.at).every((byte) => byte === 0)).toBe(true);
      }
    },
  );

  test('goes on after a cut as if nothing had been there', async () => {
    const last = frames.at(-1) as Found;
    const folder = layOut(changed(files, 1, (bytes) => bytes.fill(0, last.end - 2, last.end)));
    const { wal } = await openWal(folder);
    expect(wal.append(Buffer.from('SEVEN'))).toBe(texts.length);
    await wal.close();
    const again = await openWal(folder);
    expect(textsOf(again.recovered)).toEqual([...texts.slice(0, -1), 'SEVEN']);
    await again.wal.close();
  });

  test('is cut where a crash left out any records of the last batch, and kept some after them', async () => {
    for (const [place, { at, end }] of frames.slice(5).entries()) {
      expect(await reopen(changed(files, 1, (bytes) => bytes.fill(0, at, end)))).toEqual(texts.slice(0, 5 + place));
    }
  });

  test('a flipped bit in any byte of a record before the last batch is refused', async () => {
    for (const [index, { at, end }] of frames.slice(0, 5).entries()) {
      for (let byte = at; byte < end; byte += 1) {
        const sentence = await reopen(flipped(files, 1, byte));
        expect(sentence).toMatch(`${single}, offset ${at}: record ${index + 1} is damaged, and it was durable`);
      }
    }
  });

  test('a flipped bit in any byte of the last batch, which nothing follows, cuts it there', async () => {
    for (const [index, { at, end }] of frames.slice(5).entries()) {
      for (let byte = at; byte < end; byte += 1) {
        expect(await reopen(flipped(files, 1, byte))).toEqual(texts.slice(0, 5 + index));
      }
    }
  });

  test('a flipped bit in the header is refused, and one where nothing is written is put right', async () => {
    for (let byte = 0; byte < 44; byte += 1)
      expect(await reopen(flipped(files, 1, byte))).toMatch('offset 0: the file');
    const { end } = frames.at(-1) as Found;
    for (const byte of [44, headerBytes - 1, end, end + 100, segmentBytes - 1]) {
      expect(await reopen(flipped(files, 1, byte))).toEqual(texts);
    }
  });

  test('a record in the place of another is refused', async () => {
    const [one, , three, four, empty] = frames as [Found, Found, Found, Found, Found];
    const last = frames.at(-1) as Found;
    const copy = (from: Found, to: number) => changed(files, 1, (bytes) => bytes.copy(bytes, to, from.at, from.end));
    expect(await reopen(copy(empty, one.at))).toMatch(`offset ${one.at}: record 5 stands in the place of record 1`);
    expect(await reopen(copy(three, four.at))).toMatch('record 3 stands in the place of record 4');
    expect(await reopen(copy(one, last.end))).toMatch('record 1 stands in the place of record 9');
    expect(await reopen(copy(one, last.end + 50))).toMatch('record 1 stands where a record after 9 belongs');
    const strayed = changed(copy(last, last.end + 50), 1, (bytes) => bytes.fill(0, last.at, last.end));
    expect(await reopen(strayed)).toMatch('record 8 stands where a record after 8 belongs');
  });

  test('a file that is shorter or longer than it was made is refused', async () => {
    const whole = files.get(single) as Buffer;
    const cut = (length: number) => replaced(files, 1, whole.subarray(0, length));
    expect(await reopen(cut(0))).toMatch('is shorter than its header');
    expect(await reopen(cut(segmentBytes - 1))).toMatch('the file has 8191 bytes, and was made with 8192');
    const longer = replaced(files, 1, Buffer.concat([whole, Buffer.alloc(1)]));
    expect(await reopen(longer)).toMatch('the file has 8193 bytes, and was made with 8192');
  });

  test('a file of another log, or of none, is refused', async () => {
    expect(await reopen(new Map([[single, Buffer.alloc(segmentBytes, 'garbage')]]))).toMatch('does not begin as a seg');
    const elsewhere = new Map([[segmentName(2), files.get(single) as Buffer]]);
    expect(await reopen(elsewhere)).toMatch('the file is the segment of record 1 by its header');
    const both = new Map([...files, [segmentName(9), files.get(single) as Buffer]]);
    expect(await reopen(both)).toMatch('the file is the segment of record 1 by its header');
  });
});

describe('a log of many segments', () => {
  const long = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((letter) => letter.repeat(1900));
  let files: Files;
  beforeAll(async () => {
    files = await logOf(long.map((text) => [text]));
    expect([...files.keys()]).toEqual([1, 3, 5, 7].map(segmentName));
  });
  const without = (first: number): Files => new Map([...files].filter(([name]) => name !== segmentName(first)));

  test('is refused where a segment is missing', async () => {
    expect(await reopen(files)).toEqual(long);
    expect(await reopen(without(1))).toMatch(`the segment before it, ${single}, is missing`);
    expect(await reopen(without(3))).toMatch(`a segment is missing: ${segmentName(5)} follows`);
    expect(await reopen(without(5))).toMatch(`a segment is missing: ${segmentName(7)} follows`);
  });

  test('is refused where a record of a segment but the last is damaged, its last one too', async () => {
    for (const first of [1, 3, 5]) {
      for (const [index, { at, end }] of framesOf(files.get(segmentName(first)) as Buffer).entries()) {
        for (const byte of [at, at + 4, at + 8, at + 12, at + 16, at + 24, end - 1]) {
          const sentence = await reopen(flipped(files, first, byte));
          expect(sentence).toMatch(`${segmentName(first)}, offset ${at}: record ${first + index} is damaged`);
        }
        expect(await reopen(changed(files, first, (bytes) => bytes.fill(0, at)))).toMatch('is damaged');
      }
    }
  });

  test('does not take a record of another segment for its own', async () => {
    const [foreign] = framesOf(files.get(segmentName(5)) as Buffer) as [Found];
    const segment = files.get(segmentName(5)) as Buffer;
    const strayed = changed(files, 7, (bytes) => segment.copy(bytes, headerBytes + 2000, foreign.at, foreign.end));
    expect(await reopen(strayed)).toEqual(long);
  });

  test('a crash may leave the last segment without a record', async () => {
    const empty = changed(files, 7, (bytes) => bytes.fill(0, headerBytes));
    expect(await reopen(empty)).toEqual(long.slice(0, 6));
  });
});
