import { afterAll, describe, expect, test } from 'vitest';
import { Folders, MemoryDisk } from '../wal/fixture.ts';
import { snapshotName } from './draft.ts';
import {
  begin,
  filesIn,
  payloadOf,
  readFrom,
  readPiece,
  receive,
  receiveAll,
  recordOf,
  save,
  told,
  turns,
} from './fixture.ts';
import { blockBytes } from './format.ts';
import { openSnapshots } from './snapshots.ts';

const folders = new Folders();
afterAll(() => folders.remove());

describe('a transfer in', () => {
  test('that begins anew gives up what was received before, of whatever index', async () => {
    const folder = folders.fresh();
    const { snapshots } = await openSnapshots(folder);
    const [first, second] = [payloadOf(1, 7 * blockBytes), payloadOf(2, 6 * blockBytes + 9)];
    for (const index of [4, 8, 8]) {
      receiveAll(snapshots, index, first);
      await turns(3);
    }
    expect(await receive(snapshots, 6, second)).toBe(second.length);
    await snapshots.close();
    expect(filesIn(folder)).toEqual([snapshotName(6)]);
    expect((await begin(folder))?.payload.equals(second)).toBe(true);
  });

  test('writes nothing of what was given up before it was written', async () => {
    const files = new MemoryDisk();
    const { snapshots } = await openSnapshots('/snapshots', { files });
    receiveAll(snapshots, 4, payloadOf(1, 30 * blockBytes));
    await receive(snapshots, 5, payloadOf(2, 100));
    // The second one, and its header.
    expect(files.count('write')).toBe(2);
    receiveAll(snapshots, 6, payloadOf(1, 30 * blockBytes));
    await snapshots.close();
    expect(files.count('write')).toBe(2);
  });

  test('may begin while the one before it is sealed', async () => {
    const folder = folders.fresh();
    const { snapshots } = await openSnapshots(folder);
    const [first, second] = [payloadOf(1, 5 * blockBytes), payloadOf(2, 100)];
    const both = [receive(snapshots, 4, first), receive(snapshots, 5, second)];
    expect(await Promise.all(both)).toEqual([first.length, second.length]);
    expect((await readFrom(snapshots, 4, 0)).equals(first)).toBe(true);
    expect((await readFrom(snapshots, 5, 0)).equals(second)).toBe(true);
    await snapshots.close();
  });

  test('takes the place of a snapshot with the same index, for all who read from the start', async () => {
    const folder = folders.fresh();
    const { snapshots } = await openSnapshots(folder);
    const [old, next] = [payloadOf(1, 3 * blockBytes), payloadOf(2, 2 * blockBytes)];
    await save(snapshots, 4, old);
    const { bytes } = await readPiece(snapshots, 4, 0, blockBytes);
    await receive(snapshots, 4, next);
    const rest = await readFrom(snapshots, 4, bytes.length);
    expect(Buffer.concat([bytes, rest]).equals(old)).toBe(true);
    expect((await readFrom(snapshots, 4, 0)).equals(next)).toBe(true);
    await snapshots.close();
    expect((await begin(folder))?.payload.equals(next)).toBe(true);
    expect(filesIn(folder)).toEqual([snapshotName(4)]);
  });

  test('with a gap, an overlap, another index in its middle or no beginning is an error of the caller', async () => {
    const { snapshots } = await openSnapshots(folders.fresh());
    const bytes = payloadOf(1, 10);
    const none = 'nothing of snapshot 4 was received';
    expect(() => snapshots.receive(4, 10, bytes)).toThrow(none);
    expect(() => snapshots.seal(4, recordOf(4), () => {})).toThrow(none);
    snapshots.receive(4, 0, bytes);
    const follows = (offset: number) =>
      `of snapshot 4, 10 bytes were received, and a piece at offset ${offset} follows`;
    expect(() => snapshots.receive(4, 11, bytes)).toThrow(follows(11));
    expect(() => snapshots.receive(4, 9, bytes)).toThrow(follows(9));
    const other = 'snapshot 4 is received, and 5 follows in the middle of it';
    expect(() => snapshots.receive(5, 10, bytes)).toThrow(other);
    expect(() => snapshots.seal(5, recordOf(5), () => {})).toThrow(other);
    snapshots.receive(4, 10, bytes);
    expect(await told<number>(snapshots, (done) => snapshots.seal(4, recordOf(4), done))).toBe(20);
    expect(() => snapshots.seal(4, recordOf(4), () => {})).toThrow(none);
    await snapshots.close();
  });
});
