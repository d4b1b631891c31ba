/**
 * The power goes at any call that an engine makes of the disk, from the very first open of its log on: what a real process
 * asked for is followed call by call, and every folder that may be left is opened.
 */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { engineNames } from '../engines.ts';
import { folderForImages, type Image, ManyLogs, writeImage } from './store/crash-fixture.ts';
import { durable, expectRecords, openLog, recordOf, recordsOf } from './store/fixture.ts';
import { TracedDisk } from './store/power-cut-fixture.ts';
import { besideSectorEdge, everyByte, offsetsIn, seed, seededDraw, sweepLimitMs } from './store/sample-fixture.ts';
import { type Step, stepsOf, whyNoTrace } from './store/system-calls-fixture.ts';

const logs = new ManyLogs();
const images = folderForImages();
afterAll(async () => {
  await logs.close();
  rmSync(images, { recursive: true });
});

/** One life of a log: the records of each commit, and from where on they are needed at its end. */
interface Life {
  readonly commits: readonly number[];
  readonly neededFrom?: number;
}

/** A few small records, and one that is larger than a sector. */
const small: Life[] = [{ commits: [3, 1, 2] }, { commits: [1, 1], neededFrom: 5 }, { commits: [1] }];
const smallSize = (position: number): number => (position % 4 === 0 ? 1300 : (position * 37) % 90);

/**
 * So much that LevelDB begins another log and writes a table, and SQLite copies its log to its file. Small records follow,
 * which are acknowledged in the meantime.
 */
const large: Life[] = [{ commits: [1, 1, 1, 1, 1, 1, 1, 1, 1] }];
const largeSize = (position: number): number => (position < 7 ? 700_000 : 50);

/** These lives in a folder, and all that is promised of them said aloud. */
const program = (engine: string, folder: string, lives: readonly Life[], sizeOf: (position: number) => number) => `
  import { writeSync } from 'node:fs';
  import { durable, openLog, recordOf } from './fixture.ts';
  const sizeOf = ${sizeOf};
  const say = (text) => writeSync(1, text + '\\n');
  for (const { commits, neededFrom } of ${JSON.stringify(lives)}) {
    const { log, firstPosition, recovered } = await openLog(${JSON.stringify(engine)}, ${JSON.stringify(folder)});
    say('opened');
    let position = firstPosition + recovered.length - 1;
    for (const count of commits) {
      for (let i = 0; i < count; i += 1) log.append(recordOf(position += 1, sizeOf(position)));
      await durable(log, position);
      say('durable ' + position);
    }
    if (neededFrom !== undefined) {
      say('needed ' + neededFrom);
      log.removeBefore(neededFrom);
    }
    await log.close();
  }`;

/** What was said until some moment. */
interface Said {
  readonly opened: number;
  readonly durable: number;
  readonly neededFrom: number;
}

/** Other lines are those of programs that it has started. */
function heard(said: Said, line: string): Said {
  const [, what, number] = /^(opened|durable|needed) ?(\d*)$/.exec(line) ?? [];
  if (what === 'opened') return { ...said, opened: said.opened + 1 };
  if (what === 'durable') return { ...said, durable: Number(number) };
  return what === 'needed' ? { ...said, neededFrom: Number(number) } : said;
}

/** What may be left when the power goes. */
interface Cut {
  readonly image: Image;
  readonly said: Said;
  /** When it goes. */
  readonly at: string;
}

interface Effort {
  /** At how many bytes a write is torn, none of them where only the moments around other calls are looked at. */
  readonly torn: number;
  /** How often is drawn what is left of all that is not durable. */
  readonly draws: number;
}

/** Of the folders that may be left one in so many is opened, another one with each seed. */
const stride = everyByte ? 1 : 6;

const pageBytes = 4096;

/** Every folder that may be left, before, during and after each call. */
function* cutsIn(steps: readonly Step[], { torn, draws }: Effort): Generator<Cut> {
  const disk = new TracedDisk();
  const draw = seededDraw();
  let said: Said = { opened: 0, durable: 0, neededFrom: 1 };
  const isLookedAt = (step: Step | undefined) => torn > 0 || step?.kind !== 'write';
  for (const [index, step] of steps.entries()) {
    disk.do(step);
    if (step.kind === 'say') {
      said = heard(said, step.text);
      continue;
    }
    const call = `call ${index}, ${step.kind} ${step.path || 'the folder'}`;
    // A page is torn at every byte by `crash.test.ts`.
    const drawn = everyByte && disk.lastBytes < pageBytes ? disk.lastBytes : torn;
    const sample = { drawn, nearEnds: Math.min(torn, 2), ...(everyByte ? { always: besideSectorEdge } : {}) };
    for (const length of torn === 0 ? [] : offsetsIn(0, disk.lastBytes, sample, draw)) {
      for (const image of disk.torn(length)) yield { image, said, at: `${call} up to byte ${length}` };
    }
    if (!isLookedAt(step) && !isLookedAt(steps[index + 1])) {
      disk.returned(step);
      continue;
    }
    for (const image of disk.whole(draw, draws)) yield { image, said, at: `during ${call}` };
    disk.returned(step);
    for (const image of disk.whole(draw, draws)) yield { image, said, at: `after ${call}` };
  }
}

/** Each once. */
function* distinct(cuts: Iterable<Cut>): Generator<Cut> {
  const seen = new Set<string>();
  for (const cut of cuts) {
    const hash = createHash('sha1').update(JSON.stringify(cut.said));
    for (const [name, bytes] of cut.image) hash.update(`${name} ${bytes.length} `).update(bytes);
    const digest = hash.digest('hex');
    if (!seen.has(digest)) yield cut;
    seen.add(digest);
  }
}

/** A beginning of the records that has all that were durable and needed, in a log that can be gone on with. */
async function check(
  engine: string,
  { image, said, at }: Cut,
  records: readonly Buffer[],
  goOn: boolean,
): Promise<void> {
  const folder = mkdtempSync(join(images, 'image-'));
  writeImage(image, folder);
  try {
    const { log, firstPosition, recovered } = goOn ? await openLog(engine, folder) : await logs.open(engine, folder);
    const end = firstPosition + recovered.length - 1;
    expect(firstPosition).toBeLessThanOrEqual(said.neededFrom);
    expect(end).toBeGreaterThanOrEqual(said.durable);
    if (said.opened === 0) expect(end).toBe(0);
    expectRecords(recovered, records.slice(firstPosition - 1, end));
    if (goOn) {
      log.append(recordOf(end + 1, 50));
      await durable(log, end + 1);
    }
    await log.close();
    if (!goOn) return;
    const again = await openLog(engine, folder);
    expectRecords(again.recovered, [...recovered, recordOf(end + 1, 50)]);
    await again.log.close();
  } catch (error) {
    const { message } = error as Error;
    throw new Error(`${at}, after ${JSON.stringify(said)}: ${message}`, { cause: error });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const reason = whyNoTrace();
/** Our own log writes through a port, and the disk of its tests follows that: `wal/crash.test.ts`. */
const stores = engineNames().filter((name) => name !== 'wal');

describe.skipIf(reason !== undefined).each(stores)(`%s${reason === undefined ? '' : ` (${reason})`}`, (engine) => {
  describe.each([
    {
      what: 'small records, in three lives',
      lives: small,
      sizeOf: smallSize,
      effort: { torn: 3, draws: 1 },
      least: 150,
    },
    { what: 'records that fill its log', lives: large, sizeOf: largeSize, effort: { torn: 0, draws: 1 }, least: 30 },
  ])('with $what', ({ lives, sizeOf, effort, least }) => {
    let steps: Step[];
    beforeAll(async () => {
      // A sync takes no time there: what an engine does in the background is then behind what it has acknowledged.
      const folder = mkdtempSync(join(images, 'traced-'));
      steps = await stepsOf(program(engine, folder, lives, sizeOf), folder, mkdtempSync(join(images, 'trace-')));
    });

    test(
      `keeps what it has acknowledged when the power goes at any call, its first open included (seed ${seed})`,
      async () => {
        const records = recordsOf(9, sizeOf);
        let [met, checked, first] = [0, 0, 0];
        for (const cut of distinct(cutsIn(steps, everyByte ? { torn: 40 * effort.torn, draws: 10 } : effort))) {
          met += 1;
          if ((met + seed) % stride !== 0) continue;
          checked += 1;
          if (cut.said.opened === 0) first += 1;
          await check(engine, cut, records, checked % 100 === 1);
        }
        expect(first).toBeGreaterThan(0);
        expect(met).toBeGreaterThan(least);
      },
      sweepLimitMs,
    );
  });
});
