/** Files of a store that no engine of its own would refuse with a sentence, and files that were never finished. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { Folders } from '../../wal/fixture.ts';
import { folderForImages, type Image, imageOf, ManyLogs, writeImage } from './crash-fixture.ts';
import { appendAll, expectRecords, openLog, recordsOf, refusal } from './fixture.ts';

const folders = new Folders();
const logs = new ManyLogs();
const images = folderForImages();
afterAll(async () => {
  await logs.close();
  folders.remove();
  rmSync(images, { recursive: true });
});

const records = recordsOf(2, () => 40);

/** A log that was closed. */
async function closedLog(engine: string): Promise<Image> {
  const folder = folders.fresh();
  const { log } = await openLog(engine, folder);
  await appendAll(log, records);
  await log.close();
  return imageOf(folder);
}

/** Opens it with one bit flipped: either all is as it was, or a sentence says that it is not. */
async function expectKnown(engine: string, image: Image, name: string, at: number, bit: number): Promise<void> {
  const folder = mkdtempSync(join(images, 'image-'));
  const bytes = Buffer.from(image.get(name) ?? []);
  bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << bit), at);
  writeImage(new Map([...image, [name, bytes]]), folder);
  try {
    const { log, recovered } = await logs.open(engine, folder);
    expectRecords(recovered, records);
    expectRecords([await log.read(1), await log.read(2)], records);
    await log.close();
  } catch (error) {
    expect((error as Error).message, `offset ${at}, bit ${bit}`).toContain(
      `stop the replica, wipe its folder ${folder}`,
    );
  }
  rmSync(folder, { recursive: true });
}

/** None of these may end the process. */
describe('a flipped bit', () => {
  test('makes text of no bytes in SQLite', async () => {
    const image = await closedLog('sqlite');
    const bytes = image.get('records.sqlite') ?? Buffer.alloc(0);
    const pageBytes = 4096;
    for (let at = pageBytes; at < bytes.length; at += 1) {
      if (bytes[at] !== 0) await expectKnown('sqlite', image, 'records.sqlite', at, 0);
    }
  });

  test('makes a meta page of LMDB tell lies', async () => {
    const image = await closedLog('lmdb');
    const pageBytes = 4096;
    // Its head, and the number of the last page.
    const places = [...Array(24).keys(), ...Array.from({ length: 8 }, (_, index) => 24 + 120 + index)];
    for (const page of [0, 1]) {
      for (const at of places) {
        for (let bit = 0; bit < 8; bit += 1)
          await expectKnown('lmdb', image, 'records.mdb', page * pageBytes + at, bit);
      }
    }
  });
});

describe.each([
  { engine: 'level', file: 'level/CURRENT' },
  { engine: 'lmdb', file: 'records.mdb' },
  { engine: 'sqlite', file: 'records.sqlite' },
])('the files of $engine, of which one is torn,', ({ engine, file }) => {
  function torn(image: Image): string {
    const folder = folders.fresh();
    mkdirSync(folder);
    writeImage(image, folder);
    truncateSync(join(folder, file), 10);
    return folder;
  }

  test('are made anew where the power went while they were made', async () => {
    const folder = torn(await closedLog(engine));
    const text = `${engine} unfinished------`;
    writeFileSync(join(folder, 'durable.mark'), `${text} ${crc32(text).toString(16).padStart(8, '0')}\n`);
    for (const count of [0, 2]) {
      const { log, recovered } = await openLog(engine, folder);
      expectRecords(recovered, records.slice(0, count));
      if (count === 0) await appendAll(log, records);
      await log.close();
    }
    expect(readFileSync(join(folder, 'durable.mark'), 'utf8')).toContain(' 0000000000000002 ');
  });

  test('are refused, and left as they are, where they were finished', async () => {
    const folder = torn(await closedLog(engine));
    const before = readFileSync(join(folder, file));
    for (const _ of [1, 2]) {
      const error = await refusal(openLog(engine, folder));
      expect(error.message).toContain(`stop the replica, wipe its folder ${folder}`);
      expect(readFileSync(join(folder, file)).equals(before)).toBe(true);
    }
  });
});
