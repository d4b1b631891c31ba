import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { Folders, MemoryDisk } from '../wal/fixture.ts';
import { snapshotName } from './draft.ts';
import { filesIn, payloadOf, readFrom, readPiece, receiveAll, save } from './fixture.ts';
import { blockBytes } from './format.ts';
import { openSnapshots } from './snapshots.ts';

const folders = new Folders();
afterAll(() => folders.remove());

describe('a removal', () => {
  test('takes all before its index, and lets those who read one go on', async () => {
    const folder = folders.fresh();
    const { snapshots } = await openSnapshots(folder);
    const payloads = [0, 1, 2, 3, 4].map((seed) => payloadOf(seed, 2 * blockBytes + seed)) as Buffer[];
    for (const index of [1, 2, 3]) await save(snapshots, index, payloads[index] as Buffer);
    const { bytes } = await readPiece(snapshots, 1, 0, 100);
    // Asked for before: not opened yet when the removal is asked for.
    const whole = readPiece(snapshots, 2, 0, 2 ** 30);
    snapshots.removeBefore(3);
    expect(Buffer.from((await whole).bytes).equals(payloads[2] as Buffer)).toBe(true);
    const rest = await readFrom(snapshots, 1, 100, 1000);
    expect(Buffer.concat([bytes, rest]).equals(payloads[1] as Buffer)).toBe(true);
    expect(filesIn(folder)).toEqual([snapshotName(3)]);
    expect((await readFrom(snapshots, 3, 0)).equals(payloads[3] as Buffer)).toBe(true);
    await snapshots.close();
  });

  test('of what is gone already changes nothing, nor does one of nothing', async () => {
    const folder = folders.fresh();
    const { snapshots } = await openSnapshots(folder);
    snapshots.removeBefore(10);
    await save(snapshots, 3, payloadOf(3, 50));
    snapshots.removeBefore(3);
    snapshots.removeBefore(2);
    expect(await readFrom(snapshots, 3, 0)).toEqual(payloadOf(3, 50));
    await snapshots.close();
    expect(filesIn(folder)).toEqual([snapshotName(3)]);
  });

  test('gives the space back once another one follows: from then on what was removed is not read', async () => {
    const { snapshots } = await openSnapshots(folders.fresh());
    for (const index of [1, 2, 3]) await save(snapshots, index, payloadOf(index, 500));
    await readPiece(snapshots, 1, 0, 10);
    // The second one of the same index removes nothing.
    snapshots.removeBefore(2);
    snapshots.removeBefore(2);
    expect(await readFrom(snapshots, 1, 10)).toEqual(payloadOf(1, 500).subarray(10));
    snapshots.removeBefore(3);
    await expect(readFrom(snapshots, 1, 10)).rejects.toThrow(
      'there is no snapshot 1 to read: those that are durable are 3',
    );
    await snapshots.close();
  });
});

describe('a read', () => {
  test.each([
    ['of an index that is not there', 7, 0, 'there is no snapshot 7 to read: those that are durable are 4, 5'],
    ['past the end', 4, 101, 'snapshot 4 has 100 bytes, and was to be read from 101 on'],
  ])('%s is a failure', async (_what, index, offset, message) => {
    const { snapshots } = await openSnapshots(folders.fresh());
    await save(snapshots, 5, payloadOf(1, 100));
    await save(snapshots, 4, payloadOf(2, 100));
    await expect(readPiece(snapshots, index, offset, 10)).rejects.toThrow(message);
    await snapshots.close();
  });

  test('of what is not durable yet is a failure', async () => {
    const { snapshots } = await openSnapshots(folders.fresh());
    receiveAll(snapshots, 4, payloadOf(1, 100));
    await expect(readPiece(snapshots, 4, 0, 10)).rejects.toThrow('those that are durable are none');
    await snapshots.close();
  });

  test('ends where a block does, if it can: none is checked twice', async () => {
    const { snapshots } = await openSnapshots(folders.fresh());
    await save(snapshots, 5, payloadOf(1, 40 * blockBytes));
    const lengthOf = async (offset: number, maxBytes: number) =>
      (await readPiece(snapshots, 5, offset, maxBytes)).bytes.length;
    expect(await lengthOf(0, 3 * blockBytes - 1)).toBe(2 * blockBytes);
    expect(await lengthOf(10, 2 * blockBytes)).toBe(2 * blockBytes - 10);
    expect(await lengthOf(10, 100)).toBe(100);
    expect(await lengthOf(10, 2 ** 40)).toBe(16 * blockBytes - 10);
    await snapshots.close();
  });

  test('of the very end gives nothing, and says that nothing follows', async () => {
    const { snapshots } = await openSnapshots(folders.fresh());
    await save(snapshots, 5, payloadOf(1, 100));
    expect(await readPiece(snapshots, 5, 100, 10)).toEqual({ bytes: new Uint8Array(0), last: true });
    await snapshots.close();
  });

  test.each([
    [-1, 10],
    [0, 0],
    [Number.NaN, 10],
  ])('from %d on of %d bytes is an error of the caller', async (offset, maxBytes) => {
    const { snapshots } = await openSnapshots(folders.fresh());
    expect(() => snapshots.read(5, offset, maxBytes, () => {})).toThrow('bytes of snapshot 5 were to be read');
    await snapshots.close();
  });

  test('of hundreds of pieces opens the file once', async () => {
    const files = new MemoryDisk();
    const { snapshots } = await openSnapshots('/snapshots', { files });
    const payload = payloadOf(1, blockBytes);
    for (const index of [1, 2]) await save(snapshots, index, payload);
    const opened: string[] = [];
    const openToRead = files.openToRead.bind(files);
    files.openToRead = (path) => {
      opened.push(path);
      return openToRead(path);
    };
    // Two who read different ones by turns.
    for (let at = 0; at < payload.length; at += 512) {
      for (const index of [1, 2]) await readPiece(snapshots, index, at, 512);
    }
    expect(opened).toEqual([1, 2].map((index) => join('/snapshots', snapshotName(index))));
    await snapshots.close();
  });
});
