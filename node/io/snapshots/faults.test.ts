import { describe, expect, test } from 'vitest';
import { MemoryDisk } from '../wal/fixture.ts';
import { snapshotName } from './draft.ts';
import { begin, payloadOf, piecesOf, readFrom, receiveAll, recordOf, save, turns } from './fixture.ts';
import { blockBytes } from './format.ts';
import { openSnapshots, type StoredSnapshots } from './snapshots.ts';

const payload = payloadOf(1, 5 * blockBytes + 9);

function errorOf(code: string): Error {
  return Object.assign(new Error(`${code}: simulated`), { code });
}

function raise(error: Error): never {
  throw error;
}

interface Told {
  readonly done: string[];
  readonly failures: Error[];
}

/** A save, a transfer in and a removal at once, and reads after them. */
async function playAll(snapshots: StoredSnapshots): Promise<Told> {
  const told: Told = { done: [], failures: [] };
  const tell = (what: string) => () => {
    // Nothing is acknowledged after a failure.
    told.done.push(told.failures.length === 0 ? what : `${what}, after the failure`);
  };
  snapshots.onFailure = (error) => told.failures.push(error);
  snapshots.save(2, recordOf(2), piecesOf(payload, 50_000), tell('save'));
  receiveAll(snapshots, 9, payload);
  receiveAll(snapshots, 3, payload);
  snapshots.seal(3, recordOf(3), tell('seal'));
  await turns(40);
  snapshots.removeBefore(2);
  snapshots.read(2, 0, 100, tell('read'));
  await turns(20);
  return told;
}

describe('an error of the disk', () => {
  test.each(['EIO', 'ENOSPC'])('%s at any step is told once, and nothing is told after it', async (code) => {
    for (let failing = 0; ; failing += 1) {
      const disk = new MemoryDisk();
      const { snapshots } = await openSnapshots('/snapshots', { files: disk });
      await save(snapshots, 1, payload);
      const index = disk.operations.length + failing;
      disk.before = (operation) => {
        if (operation.index === index) throw errorOf(code);
      };
      const told = await playAll(snapshots);
      if (disk.operations.length <= index) {
        expect(told.done.toSorted()).toEqual(['read', 'save', 'seal']);
        await snapshots.close();
        break;
      }
      expect(told.done.filter((what) => what.includes('after'))).toEqual([]);
      expect(told.failures).toEqual([errorOf(code)]);
      expect(await playAll(snapshots)).toEqual({ done: [], failures: [] });
      await snapshots.close();
      const found = await begin('/snapshots', disk.crash());
      const least = told.done.includes('seal') ? 3 : told.done.includes('save') ? 2 : 1;
      expect(found?.index).toBeGreaterThanOrEqual(least);
      expect(found?.payload.equals(payload)).toBe(true);
    }
  });

  test('that lasts is told once, though all that is under way fails', async () => {
    const disk = new MemoryDisk();
    const { snapshots } = await openSnapshots('/snapshots', { files: disk });
    // After all of them have been asked for.
    disk.before = async () => {
      await turns(3);
      throw errorOf('EIO');
    };
    expect(await playAll(snapshots)).toEqual({ done: [], failures: [errorOf('EIO')] });
    await snapshots.close();
  });

  test('keeps back what was done in the same turn, and stops what was asked for before', async () => {
    const disk = new MemoryDisk();
    const { snapshots } = await openSnapshots('/snapshots', { files: disk });
    await save(snapshots, 1, payload);
    await save(snapshots, 2, payload);
    const operations = disk.operations.length;
    const told: string[] = [];
    snapshots.onFailure = () => told.push('failure');
    snapshots.save(3, recordOf(3), { next: () => raise(errorOf('EIO')) }, () => told.push('save'));
    receiveAll(snapshots, 4, payload);
    snapshots.read(1, 0, 10, () => told.push('read'));
    snapshots.removeBefore(2);
    await snapshots.close();
    expect(told).toEqual(['failure']);
    expect(disk.operations).toHaveLength(operations);
    expect(disk.fileNames).toEqual([1, 2].map(snapshotName));
  });

  test('gives up a save, and tells its machine so', async () => {
    for (const failing of ['the save', 'a read']) {
      const disk = new MemoryDisk();
      const { snapshots } = await openSnapshots('/snapshots', { files: disk });
      let returned = 0;
      const endless: Iterator<Uint8Array> = {
        next: () => ({ done: false, value: payload }),
        return: () => {
          returned += 1;
          return { done: true, value: undefined };
        },
      };
      const failure = new Promise<Error>((resolve) => {
        snapshots.onFailure = resolve;
      });
      // The disk of this test takes no time: the save would leave no room for anything else.
      disk.before = () => turns(1);
      snapshots.save(2, recordOf(2), endless, () => expect.fail('it was given up'));
      await turns(3);
      if (failing === 'a read') snapshots.read(77, 0, 10, () => expect.fail('it was read'));
      else {
        disk.before = () => {
          throw errorOf('EIO');
        };
      }
      await failure;
      await snapshots.close();
      expect(returned).toBe(1);
      snapshots.save(2, recordOf(2), endless, () => expect.fail('it has failed'));
      expect(returned).toBe(2);
    }
  });

  test('of a file that is opened or read is told as it is', async () => {
    for (let failing = 0; failing < 4; failing += 1) {
      const disk = new MemoryDisk();
      const { snapshots } = await openSnapshots('/snapshots', { files: disk });
      await save(snapshots, 1, payload);
      let calls = 0;
      disk.beforeRead = () => {
        calls += 1;
        if (calls === failing + 1) throw errorOf('EIO');
      };
      await expect(readFrom(snapshots, 1, 0)).rejects.toMatchObject({ code: 'EIO' });
      expect(calls).toBe(failing + 1);
      await snapshots.close();
    }
  });

  test('one while the folder is opened is the error of opening it', async () => {
    for (let index = 0; ; index += 1) {
      const disk = new MemoryDisk();
      const { snapshots } = await openSnapshots('/snapshots', { files: disk });
      await save(snapshots, 1, payload);
      receiveAll(snapshots, 2, payload);
      await turns(20);
      const left = disk.crash(1, () => 0);
      left.before = (operation) => {
        if (operation.index === index) throw errorOf('EIO');
      };
      const opened = await begin('/snapshots', left).then(
        () => 'opened',
        (error: NodeJS.ErrnoException) => error.code,
      );
      if (left.operations.length <= index) {
        expect({ opened, operations: index }).toEqual({ opened: 'opened', operations: 2 });
        break;
      }
      expect(opened).toBe('EIO');
      left.before = () => {};
      expect((await begin('/snapshots', left))?.index).toBe(1);
    }
  });
});

describe('a disk that writes less than it was given', () => {
  test.each([333, 10_000])('%d bytes at a time, loses nothing', async (maxWriteBytes) => {
    const disk = new MemoryDisk();
    disk.maxWriteBytes = maxWriteBytes;
    const { snapshots } = await openSnapshots('/snapshots', { files: disk });
    const some = payload.subarray(0, blockBytes + 500);
    await save(snapshots, 1, some);
    await snapshots.close();
    expect((await begin('/snapshots', disk.crash()))?.payload.equals(some)).toBe(true);
  });

  test('and takes nothing at all, has failed', async () => {
    const disk = new MemoryDisk();
    disk.maxWriteBytes = 0;
    const { snapshots } = await openSnapshots('/snapshots', { files: disk });
    await expect(save(snapshots, 1, payload)).rejects.toThrow(/^the disk took none of \d+ bytes at offset 40$/);
    await snapshots.close();
    expect(disk.fileNames).toEqual([]);
  });
});
