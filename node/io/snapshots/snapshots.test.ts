import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { Folders, MemoryDisk } from '../wal/fixture.ts';
import { snapshotName } from './draft.ts';
import {
  begin,
  filesIn,
  payloadOf,
  piecesOf,
  readFrom,
  readPiece,
  receive,
  receiveAll,
  recordOf,
  save,
  turns,
} from './fixture.ts';
import { blockBytes } from './format.ts';
import { openSnapshots } from './snapshots.ts';

const folders = new Folders();
afterAll(() => folders.remove());

/** Around the edges of blocks, of what is written at a time and of what is read at a time. */
const lengths = [0, 1, 1000, blockBytes - 1, blockBytes, blockBytes + 1, 4 * blockBytes, 17 * blockBytes + 5];

describe('a snapshot', () => {
  test.each(lengths)('of %d bytes that is saved is there in the next life', async (length) => {
    const folder = folders.fresh();
    const payload = payloadOf(length % 7, length);
    const { snapshots, newest } = await openSnapshots(folder);
    expect(newest).toBeUndefined();
    expect(await save(snapshots, 12, payload)).toBe(length);
    expect((await readFrom(snapshots, 12, 0)).equals(payload)).toBe(true);
    await snapshots.close();
    const found = await begin(folder);
    expect(found).toMatchObject({ index: 12, record: 'up to 12' });
    expect(found?.payload.equals(payload)).toBe(true);
  });

  test.each(lengths)('of %d bytes that is received is there in the next life', async (length) => {
    const folder = folders.fresh();
    const payload = payloadOf(length % 5, length);
    const { snapshots } = await openSnapshots(folder);
    expect(await receive(snapshots, 34, payload)).toBe(length);
    await snapshots.close();
    const found = await begin(folder);
    expect(found).toMatchObject({ index: 34, record: 'up to 34' });
    expect(found?.payload.equals(payload)).toBe(true);
  });

  test('is the newest by its index, however many digits that has', async () => {
    const folder = folders.fresh();
    const { snapshots } = await openSnapshots(folder);
    for (const index of [9, 10, 1_000_000, 999_999]) await save(snapshots, index, payloadOf(index % 251, 10));
    await snapshots.close();
    expect(await begin(folder)).toMatchObject({ index: 1_000_000, payload: payloadOf(1_000_000 % 251, 10) });
  });

  test('of any length, in pieces of any lengths, is read from any offset', async () => {
    const { snapshots } = await openSnapshots(folders.fresh());
    const size = fc.integer({ min: 1, max: 3 * blockBytes });
    let index = 0;
    await fc.assert(
      fc.asyncProperty(
        size,
        size,
        fc.array(fc.tuple(fc.nat(), size), { maxLength: 8 }),
        async (length, step, reads) => {
          index += 1;
          const payload = payloadOf(index % 251, length);
          expect(await save(snapshots, index, payload, step)).toBe(length);
          for (const [draw, maxBytes] of reads) {
            const offset = draw % length;
            const { bytes, last } = await readPiece(snapshots, index, offset, maxBytes);
            expect(bytes.length).toBeGreaterThan(0);
            expect(bytes.length).toBeLessThanOrEqual(maxBytes);
            expect(payload.subarray(offset, offset + bytes.length).equals(bytes)).toBe(true);
            expect(last).toBe(offset + bytes.length === length);
          }
        },
      ),
      { numRuns: 60 },
    );
    await snapshots.close();
  });
});

test('all is told in a later turn, even by a disk that takes no time', async () => {
  const { snapshots } = await openSnapshots('/snapshots', { files: new MemoryDisk() });
  const payload = payloadOf(1, 10);
  const order: string[] = [];
  /** Asks, and waits until all promises of this turn are at rest. */
  const ask = async (what: string, call: (done: () => void) => void) => {
    const called = new Promise<void>((resolve) => {
      call(() => {
        order.push(`${what} told`);
        resolve();
      });
    });
    await new Promise<void>((resolve) => process.nextTick(resolve));
    for (let step = 0; step < 200; step += 1) await Promise.resolve();
    order.push(`${what} asked`);
    await called;
  };
  await ask('save', (done) => snapshots.save(1, recordOf(1), piecesOf(payload, 3), done));
  receiveAll(snapshots, 2, payload);
  await ask('seal', (done) => snapshots.seal(2, recordOf(2), done));
  await ask('read', (done) => snapshots.read(2, 0, 10, done));
  await ask('failure', (done) => {
    snapshots.onFailure = done;
    snapshots.read(3, 0, 10, done);
  });
  expect(order).toEqual(['save', 'seal', 'read', 'failure'].flatMap((what) => [`${what} asked`, `${what} told`]));
  await snapshots.close();
});

describe('the end', () => {
  test('waits for what was asked for, and gives up what is not complete', async () => {
    const folder = folders.fresh();
    const { snapshots } = await openSnapshots(folder);
    const payload = payloadOf(1, 6 * blockBytes);
    await save(snapshots, 1, payload);
    let returned = 0;
    const endless: Iterator<Uint8Array> = {
      next: () => ({ done: false, value: payload }),
      return: () => {
        returned += 1;
        return { done: true, value: undefined };
      },
    };
    const never = () => expect.fail('it was given up');
    snapshots.save(2, recordOf(2), endless, never);
    const ended: string[] = [];
    const sealed = receive(snapshots, 3, payload).finally(() => ended.push('seal'));
    const read = readFrom(snapshots, 1, 0).finally(() => ended.push('read'));
    receiveAll(snapshots, 4, payload);
    await turns(2);
    const closing = snapshots.close();
    expect(snapshots.close()).toBe(closing);
    snapshots.save(5, recordOf(5), endless, never);
    snapshots.receive(4, 77, payload);
    snapshots.seal(4, recordOf(4), never);
    snapshots.read(1, 0, 10, never);
    snapshots.removeBefore(3);
    await closing;
    expect(ended.toSorted()).toEqual(['read', 'seal']);
    expect(await sealed).toBe(payload.length);
    expect((await read).equals(payload)).toBe(true);
    expect(returned).toBe(2);
    await snapshots.close();
    expect(readdirSync(folder)).toEqual([snapshotName(1), snapshotName(3)]);
  });

  test('removes what was written of a transfer that is not sealed', async () => {
    const files = new MemoryDisk();
    const { snapshots } = await openSnapshots('/snapshots', { files });
    receiveAll(snapshots, 3, payloadOf(1, 6 * blockBytes));
    await turns(3);
    expect(files.fileNames).toEqual(['received.tmp']);
    await snapshots.close();
    expect(files.fileNames).toEqual([]);
  });
});

describe('a folder', () => {
  test('is made where it is absent, and cleared of what a former life has left half-made', async () => {
    const folder = join(folders.fresh(), 'deep', 'snapshots');
    mkdirSync(folder, { recursive: true });
    const names = ['saved.tmp', 'received.tmp', 'notes.txt', '17.snapshot'];
    for (const name of names) writeFileSync(join(folder, name), 'half of it');
    expect(await begin(folder)).toBeUndefined();
    expect(filesIn(folder)).toEqual(['17.snapshot', 'notes.txt']);
    expect(await begin(join(folder, 'not', 'there'))).toBeUndefined();
  });

  test('is refused to a second one until the first is closed', async () => {
    const folder = folders.fresh();
    const { snapshots } = await openSnapshots(folder);
    await expect(openSnapshots(folder)).rejects.toThrow(`${folder} is in use by process ${process.pid}`);
    await snapshots.close();
    await (await openSnapshots(folder)).snapshots.close();
  });
});
