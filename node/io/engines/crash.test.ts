/** What every storage engine must keep when its process is killed, when the power goes, and when the disk decays. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { engineNames } from '../engines.ts';
import { Folders } from '../wal/fixture.ts';
import {
  atRest,
  folderForImages,
  type Image,
  imageOf,
  ManyLogs,
  tornImages,
  writeImage,
} from './store/crash-fixture.ts';
import { appendAll, durable, expectRecords, openLog, recordOf, recordsOf } from './store/fixture.ts';
import { everyByte, offsetsIn, seed, seededDraw, sweepLimitMs } from './store/sample-fixture.ts';

const folders = new Folders();
const logs = new ManyLogs();
const images = folderForImages();
const children: ChildProcess[] = [];
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await logs.close();
  folders.remove();
  rmSync(images, { recursive: true });
});

const sizeOf = (position: number): number => (position * 37) % 90;
/** In which bytes of each file a bit is flipped: all of them would take hours. */
const flips = { drawn: everyByte ? 4000 : 50, nearEnds: 20 };

/** A process that appends records, keeps the last 500 or more, and prints each position once it is durable. */
function writerIn(engine: string, folder: string): ChildProcess {
  const program = `
    import { openLog, recordOf } from ${JSON.stringify(join(import.meta.dirname, 'store', 'fixture.ts'))};
    const { log, firstPosition, recovered } = await openLog(${JSON.stringify(engine)}, ${JSON.stringify(folder)});
    let position = firstPosition + recovered.length - 1;
    const append = () => log.append(recordOf(position += 1, (position * 37) % 90));
    log.onDurable = (to) => {
      process.stdout.write(to + '\\n');
      if (to > 500) log.removeBefore(to - 500);
      for (let i = 0; i < 5; i += 1) append();
    };
    log.onFailure = (error) => { throw error; };
    append();`;
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program], {
    cwd: import.meta.dirname,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  return child;
}

/** The last position that a writer printed before it was killed, some time after this many records of its own. */
async function killedAfter(child: ChildProcess, records: number): Promise<number> {
  let text = '';
  const told = () => Number(text.slice(0, text.lastIndexOf('\n')).split('\n').at(-1));
  let first = 0;
  child.stdout?.on('data', (chunk: Buffer) => {
    text += chunk.toString();
    first ||= told();
    if (told() >= first + records) child.kill('SIGKILL');
  });
  await once(child, 'close');
  return told();
}

describe.each(engineNames())('%s', (engine) => {
  test('loses nothing that was said to be durable when its process is killed', async () => {
    const folder = folders.fresh();
    for (const records of [1, 700, 90]) {
      const told = await killedAfter(writerIn(engine, folder), records);
      expect(told).toBeGreaterThanOrEqual(records);
      const { log, firstPosition, recovered } = await openLog(engine, folder);
      expect(firstPosition).toBeLessThanOrEqual(Math.max(1, told - 500));
      expect(firstPosition + recovered.length - 1).toBeGreaterThanOrEqual(told);
      expectRecords(recovered, recordsOf(recovered.length, sizeOf, firstPosition));
      await log.close();
    }
  });

  /** Whatever is left: a beginning of the records that has those that were durable, in a log that can be gone on with. */
  async function checkImage(image: Image, least: number, records: readonly Buffer[], goOn: boolean): Promise<number> {
    const folder = mkdtempSync(join(images, 'image-'));
    writeImage(image, folder);
    const { log, firstPosition, recovered } = goOn ? await openLog(engine, folder) : await logs.open(engine, folder);
    const end = firstPosition + recovered.length - 1;
    expect(end).toBeGreaterThanOrEqual(least);
    // The last commit of a store removes the first records, too.
    if (engine !== 'wal') expect(firstPosition).toBe(end === least ? 1 : 20);
    expectRecords(recovered, records.slice(firstPosition - 1, end));
    if (goOn) {
      log.append(recordOf(end + 1, 50));
      await durable(log, end + 1);
    }
    await log.close();
    if (goOn) {
      const again = await openLog(engine, folder);
      expectRecords(again.recovered, [...recovered, recordOf(end + 1, 50)]);
      await again.log.close();
    }
    rmSync(folder, { recursive: true });
    return end;
  }

  test(
    `loses no record but those of the last commit when the power goes, wherever that commit is torn (seed ${seed})`,
    async () => {
      const folder = folders.fresh();
      const records = recordsOf(32, sizeOf);
      const { log } = await openLog(engine, folder);
      for (let from = 0; from < 30; from += 6) await appendAll(log, records.slice(from, from + 6));
      await atRest(folder, 30);
      const before = imageOf(folder);
      log.removeBefore(20);
      await appendAll(log, records.slice(30));
      await atRest(folder, 32);
      const after = imageOf(folder);
      await log.close();
      const ends: number[] = [];
      for (const image of tornImages(before, after)) {
        ends.push(await checkImage(image, 30, records, ends.length % (everyByte ? 1000 : 80) === 0));
      }
      expect(ends.length).toBeGreaterThan(80);
      // Stores have all of a commit or nothing; our log, where one write takes many records, may have some of them.
      const possible = engine === 'wal' ? [30, 31, 32] : [30, 32];
      expect([...new Set(ends)].sort()).toEqual(possible);
      expect([ends[0], ends.at(-1)]).toEqual([30, 32]);
    },
    sweepLimitMs,
  );

  test(
    `gives every record right or refuses, whichever bit of its files is flipped (seed ${seed})`,
    async () => {
      const folder = folders.fresh();
      const records = recordsOf(120, sizeOf);
      const lastCommit = 10;
      const { log } = await openLog(engine, folder);
      for (let from = 0; from < 120; from += lastCommit) await appendAll(log, records.slice(from, from + lastCommit));
      await atRest(folder, 120);
      const open = imageOf(folder);
      await log.close();
      let refused = 0;
      const closed = imageOf(folder);
      const draw = seededDraw();
      for (const [image, other] of [[open], [closed, open]] as [Image, Image?][]) {
        for (const [name, bytes] of image) {
          if (other?.get(name)?.equals(bytes)) continue;
          // A segment is zeros after its last record.
          const used = bytes.findLastIndex((byte) => byte !== 0) + 1;
          for (const at of offsetsIn(0, used, flips, draw)) {
            if (await isRefused(image, name, at, Math.floor(draw() * 8))) refused += 1;
          }
        }
      }
      expect(refused).toBeGreaterThan(40);

      async function isRefused(image: Image, name: string, at: number, bit: number): Promise<boolean> {
        const copy = mkdtempSync(join(images, 'image-'));
        const bytes = Buffer.from(image.get(name) as Buffer);
        bytes[at] = (bytes[at] as number) ^ (1 << bit);
        writeImage(new Map([...image, [name, bytes]]), copy);
        const opened = await logs.open(engine, copy).catch((error: Error) => error);
        try {
          if (opened instanceof Error) {
            expect(opened.message).toMatch(/[Tt]his is damage/);
            expect(opened.message).toContain(
              `stop the replica, wipe its folder ${copy} and let it rejoin without a vote`,
            );
            return true;
          }
          const { log, recovered } = opened;
          // What no log can tell by itself: the last write, if it decays, looks torn. The stores have a mark beside them.
          const least = engine === 'wal' ? records.length - lastCommit : records.length;
          expect(recovered.length).toBeGreaterThanOrEqual(least);
          expectRecords(recovered, records.slice(0, recovered.length));
          try {
            expectRecords(await Promise.all(recovered.map((_, index) => log.read(index + 1))), recovered);
          } finally {
            await log.close();
          }
          return false;
        } catch (error) {
          const { message } = error as Error;
          // Of some damage one learns only when a record is read by its position.
          if (message.includes(`wipe its folder ${copy}`)) return true;
          throw new Error(`${name}, offset ${at}, bit ${bit}: ${message}`, { cause: error });
        } finally {
          rmSync(copy, { recursive: true });
        }
      }
    },
    sweepLimitMs,
  );
});
