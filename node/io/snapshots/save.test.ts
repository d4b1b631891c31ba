import { afterAll, describe, expect, test } from 'vitest';
import { Folders, MemoryDisk } from '../wal/fixture.ts';
import { snapshotName } from './draft.ts';
import { filesIn, payloadOf, piecesOf, readFrom, receive, recordOf, save, told, turns } from './fixture.ts';
import { blockBytes } from './format.ts';
import { openSnapshots } from './snapshots.ts';

const folders = new Folders();
afterAll(() => folders.remove());

describe('a save', () => {
  test('has its name only when it is told', async () => {
    const folder = folders.fresh();
    const { snapshots } = await openSnapshots(folder);
    const payload = payloadOf(3, 9 * blockBytes);
    function* watched() {
      for (const piece of piecesOf(payload, 1000)) {
        expect(filesIn(folder)).not.toContain(snapshotName(1));
        yield piece;
      }
      expect(filesIn(folder)).toEqual(['saved.tmp']);
    }
    await told<number>(snapshots, (done) => snapshots.save(1, recordOf(1), watched(), done));
    expect(filesIn(folder)).toEqual([snapshotName(1)]);
    await snapshots.close();
  });

  test.each([1000, 3 * blockBytes])(
    'asks for a piece of %d bytes only where there is room for it',
    async (pieceBytes) => {
      const files = new MemoryDisk();
      const { snapshots } = await openSnapshots('/snapshots', { files });
      const payload = payloadOf(3, 20 * blockBytes);
      let asked = 0;
      let written = 0;
      function* counted() {
        for (const piece of piecesOf(payload, pieceBytes)) {
          asked += piece.length;
          yield piece;
        }
      }
      const held: number[] = [];
      files.before = async ({ kind }) => {
        if (kind !== 'write') return;
        // However long the disk takes, nothing more is asked for.
        await turns(5);
        held.push(asked - written);
        written = Math.min(payload.length, written + 4 * blockBytes);
      };
      await told<number>(snapshots, (done) => snapshots.save(1, recordOf(1), counted(), done));
      // Five of the payload, one with the record, and the header.
      expect(held).toHaveLength(7);
      expect(Math.max(...held)).toBeLessThan(4 * blockBytes + pieceBytes);
      await snapshots.close();
    },
  );

  test('goes on beside a transfer in and reads out', async () => {
    const folder = folders.fresh();
    const { snapshots } = await openSnapshots(folder);
    const [old, own, sent] = [1, 2, 3].map((seed) => payloadOf(seed, 9 * blockBytes + seed)) as [
      Buffer,
      Buffer,
      Buffer,
    ];
    await save(snapshots, 5, old);
    const all = [save(snapshots, 6, own), receive(snapshots, 7, sent), readFrom(snapshots, 5, 0, 3000)] as const;
    expect(await all[0]).toBe(own.length);
    expect(await all[1]).toBe(sent.length);
    expect((await all[2]).equals(old)).toBe(true);
    expect((await readFrom(snapshots, 6, 0)).equals(own)).toBe(true);
    expect((await readFrom(snapshots, 7, 0)).equals(sent)).toBe(true);
    await snapshots.close();
    expect(filesIn(folder)).toEqual([5, 6, 7].map(snapshotName));
  });

  test('can be followed by another one as soon as it is told, and not before', async () => {
    const { snapshots } = await openSnapshots(folders.fresh());
    const order: number[] = [];
    await told<void>(snapshots, (done) => {
      snapshots.save(1, recordOf(1), piecesOf(payloadOf(1, 10), 3), () => {
        order.push(1);
        snapshots.save(2, recordOf(2), piecesOf(payloadOf(2, 10), 3), () => {
          order.push(2);
          done();
        });
      });
      expect(() => snapshots.save(3, recordOf(3), piecesOf(payloadOf(3, 10), 3), () => {})).toThrow(
        'snapshot 3 is to be saved while another one is',
      );
    });
    expect(order).toEqual([1, 2]);
    await snapshots.close();
  });

  test('of the machine that fails is a failure, and leaves nothing behind', async () => {
    const folder = folders.fresh();
    const { snapshots } = await openSnapshots(folder);
    function* failing() {
      yield* piecesOf(payloadOf(1, 6 * blockBytes), 1000);
      throw new Error('the machine is broken');
    }
    const saved = told<number>(snapshots, (done) => snapshots.save(1, recordOf(1), failing(), done));
    await expect(saved).rejects.toThrow('the machine is broken');
    await snapshots.close();
    expect(filesIn(folder)).toEqual([]);
  });
});
