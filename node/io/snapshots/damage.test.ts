import {
  appendFileSync,
  copyFileSync,
  readFileSync,
  renameSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { Folders } from '../wal/fixture.ts';
import { bytesAt, flip, overwrite } from '../wal/read-fixture.ts';
import { SnapshotDamaged } from './damage.ts';
import { snapshotName } from './draft.ts';
import { begin, payloadOf, readFrom, readPiece, save } from './fixture.ts';
import { blockAt, blockBytes, checksumBytes, headerBytes } from './format.ts';
import { openSnapshots } from './snapshots.ts';

const folders = new Folders();
afterAll(() => folders.remove());

/** A folder with one durable snapshot. */
async function scene(payload: Buffer, index = 7) {
  const folder = folders.fresh();
  const { snapshots } = await openSnapshots(folder);
  await save(snapshots, index, payload);
  await snapshots.close();
  return { folder, path: join(folder, snapshotName(index)) };
}

/** What a start that reads the newest snapshot whole is refused with. */
async function refusal(folder: string): Promise<Error> {
  return begin(folder).then(
    () => expect.fail('the snapshot was read'),
    (error: Error) => error,
  );
}

async function expectRefusal(folder: string, path: string, at: number, what: string): Promise<void> {
  const error = await refusal(folder);
  expect(error).toBeInstanceOf(SnapshotDamaged);
  expect(error.message).toBe(
    `${path}, offset ${at}: ${what}. This is damage, not an interrupted write. Do not repair or remove the snapshot: stop ` +
      `the replica, wipe ${folder} and its log and let it rejoin without a vote until it has caught up.`,
  );
}

describe('a snapshot that is not there as it was written', () => {
  test('is refused for a flipped bit in any byte of a small one', async () => {
    const payload = payloadOf(5, 300);
    const { folder, path } = await scene(payload);
    const { length } = readFileSync(path);
    expect(length).toBe(headerBytes + 300 + checksumBytes + 'up to 7'.length + checksumBytes);
    for (let at = 0; at < length; at += 1) {
      flip(path, at);
      expect({ at, error: await refusal(folder) }).toEqual({ at, error: expect.any(SnapshotDamaged) });
      flip(path, at);
    }
    expect((await begin(folder))?.payload).toEqual(payload);
  });

  test('is refused for a flipped bit in its header, its record or a block, and the place is named', async () => {
    const { folder, path } = await scene(payloadOf(1, 2 * blockBytes + 10));
    const { length } = readFileSync(path);
    const cases: [flipped: number, at: number, what: string][] = [
      [3, 0, 'the file does not begin as a snapshot does'],
      [20, 0, 'the file has a damaged header (its checksum does not match)'],
      [blockAt(0) + 9, blockAt(0), 'block 0 of snapshot 7 is damaged, and it was durable'],
      [blockAt(1) + blockBytes, blockAt(1), 'block 1 of snapshot 7 is damaged, and it was durable'],
      [blockAt(2), blockAt(2), 'block 2 of snapshot 7 is damaged, and it was durable'],
      [length - 5, length - 11, 'the record of snapshot 7 is damaged, and it was durable'],
    ];
    for (const [flipped, at, what] of cases) {
      flip(path, flipped);
      await expectRefusal(folder, path, at, what);
      flip(path, flipped);
    }
    expect(await begin(folder)).toBeDefined();
  });

  test('is refused where a sector of any block was never written, or holds what stood there before', async () => {
    const payload = payloadOf(1, 3 * blockBytes);
    const { folder, path } = await scene(payload);
    const other = await scene(payloadOf(2, 3 * blockBytes));
    for (let sector = 512; sector < 3 * blockBytes; sector += 7 * 512) {
      const sound = bytesAt(path, sector, 512);
      for (const torn of [Buffer.alloc(512), bytesAt(other.path, sector, 512)]) {
        overwrite(path, sector, torn);
        expect(await refusal(folder)).toBeInstanceOf(SnapshotDamaged);
      }
      overwrite(path, sector, sound);
    }
    expect((await begin(folder))?.payload.equals(payload)).toBe(true);
  });

  test('is refused where a whole block stands in the place of another, of its own or of another file', async () => {
    const { folder, path } = await scene(payloadOf(1, 2 * blockBytes));
    const other = await scene(payloadOf(1, 2 * blockBytes));
    const bytes = blockBytes + checksumBytes;
    const sound = bytesAt(path, blockAt(0), bytes);
    for (const block of [bytesAt(path, blockAt(1), bytes), bytesAt(other.path, blockAt(0), bytes)]) {
      overwrite(path, blockAt(0), block);
      await expectRefusal(folder, path, blockAt(0), 'block 0 of snapshot 7 is damaged, and it was durable');
    }
    overwrite(path, blockAt(0), sound);
    expect(await begin(folder)).toBeDefined();
  });

  test('is refused at any other length', async () => {
    const { folder, path } = await scene(payloadOf(1, 100));
    const sound = readFileSync(path);
    const record = headerBytes + 100 + checksumBytes;
    appendFileSync(path, Buffer.alloc(1));
    await expectRefusal(
      folder,
      path,
      record,
      `the file is longer than the ${sound.length} bytes that it was made with`,
    );
    for (let length = sound.length - 1; length >= 0; length -= 1) {
      truncateSync(path, length);
      if (length < headerBytes) {
        await expectRefusal(folder, path, 0, 'the file is shorter than its header of 40 bytes');
      } else {
        await expectRefusal(
          folder,
          path,
          record,
          `the file is shorter than the ${sound.length} bytes that it was made with`,
        );
      }
    }
    writeFileSync(path, sound);
    expect(await begin(folder)).toBeDefined();
  });

  test('is refused under the name of another, and of another format', async () => {
    const { folder, path } = await scene(payloadOf(1, 100));
    const wrong = join(folder, snapshotName(8));
    renameSync(path, wrong);
    await expectRefusal(folder, wrong, 0, 'the file is snapshot 7 by its header');
    const header = bytesAt(wrong, 0, headerBytes);
    header.writeUInt32LE(2, 8);
    header.writeUInt32LE(crc32(header.subarray(0, headerBytes - checksumBytes)), headerBytes - checksumBytes);
    overwrite(wrong, 0, header);
    await expectRefusal(folder, wrong, 0, 'the file has format 2, and only 1 is known');
  });

  test('is refused as long as there is a newer one only when it is read', async () => {
    const { folder, path } = await scene(payloadOf(1, 100), 3);
    flip(path, 50);
    const { snapshots } = await openSnapshots(folder);
    await save(snapshots, 4, payloadOf(2, 100));
    await snapshots.close();
    const again = await openSnapshots(folder);
    expect(await readFrom(again.snapshots, 4, 0)).toEqual(payloadOf(2, 100));
    await expect(readFrom(again.snapshots, 3, 0)).rejects.toBeInstanceOf(SnapshotDamaged);
    await again.snapshots.close();
  });

  test('is never read on from, once that was noticed', async () => {
    const { folder, path } = await scene(payloadOf(1, 2 * blockBytes));
    const { snapshots } = await openSnapshots(folder);
    await readPiece(snapshots, 7, 0, blockBytes);
    flip(path, blockAt(1) + 5);
    const failures: Error[] = [];
    snapshots.onFailure = (error) => failures.push(error);
    const taken: number[] = [];
    for (const offset of [blockBytes, 0]) snapshots.read(7, offset, 100, () => taken.push(offset));
    await snapshots.close();
    expect(failures).toEqual([expect.any(SnapshotDamaged)]);
    expect(taken).toEqual([]);
  });

  test('is refused where it shrinks or goes while it is there to be read', async () => {
    const { folder, path } = await scene(payloadOf(1, 2 * blockBytes));
    const spare = join(folder, 'copy');
    copyFileSync(path, spare);
    const first = await openSnapshots(folder);
    await readPiece(first.snapshots, 7, 0, 100);
    truncateSync(path, blockAt(1) + 10);
    await expect(readFrom(first.snapshots, 7, 0)).rejects.toThrow('bytes of snapshot 7 can be read');
    await first.snapshots.close();
    renameSync(spare, path);
    const second = await openSnapshots(folder);
    unlinkSync(path);
    await expect(readFrom(second.snapshots, 7, 0)).rejects.toMatchObject({ code: 'ENOENT' });
    await second.snapshots.close();
  });
});

test('the folder is let go of where its newest snapshot is refused', async () => {
  const { folder, path } = await scene(payloadOf(1, 100));
  flip(path, 5);
  await refusal(folder);
  flip(path, 5);
  expect(await begin(folder)).toBeDefined();
});
