/** The power goes at every step of a log that lets go of its beginning, and any of what was not synced survives. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { drawsOf, remains, untilCrash } from './crash-fixture.ts';
import { durable, MemoryDisk, textsOf } from './fixture.ts';
import { frameHeaderBytes } from './format.ts';
import { appendBatch, expectRecord, recordOf, refusal, roomBytes, segmentBytes } from './read-fixture.ts';
import { segmentName } from './segment.ts';
import { openWal, type Wal } from './wal.ts';

const textOf = (position: number): string => `${position}:${'x'.repeat((position * 397) % 1900)}`;

/** What somebody outside knows of a log. */
interface Progress {
  /** The last position that was said to be durable. */
  told: number;
  /** The last position before which all was said to be needed no more. */
  asked: number;
}

const begun = (): Progress => ({ told: 0, asked: 1 });

function remove(wal: Wal, progress: Progress, position: number): void {
  progress.asked = Math.max(progress.asked, position);
  wal.removeBefore(position);
}

/** Appends 24 records, one batch after the other, and lets go of all but the last few while the next are written. */
async function playConcurrently(files: MemoryDisk, progress: Progress): Promise<void> {
  const { wal } = await openWal('/log', { files, segmentBytes });
  let appended = 0;
  const append = () => {
    for (let count = 0; count < 2 && appended < 24; count += 1)
      appended = wal.append(Buffer.from(textOf(appended + 1)));
  };
  await new Promise<void>((resolve, reject) => {
    wal.onFailure = reject;
    wal.onDurable = (position) => {
      progress.told = position;
      if (position > 5) remove(wal, progress, position - 4);
      if (position === 24) resolve();
      else append();
    };
    append();
  });
  await wal.close();
}

/** Lets go of several segments at once, in two lives, and does nothing else until they are gone. */
async function playAlone(files: MemoryDisk, progress: Progress): Promise<void> {
  let next = 1;
  for (const count of [12, 8]) {
    const { wal } = await openWal('/log', { files, segmentBytes });
    for (const until = next + count; next < until; next += 1) {
      const done = durable(wal, wal.append(Buffer.from(textOf(next))));
      await done;
      progress.told = next;
      if (next === until - 4) remove(wal, progress, next);
    }
    await wal.close();
  }
}

/** From some first position on, not past what was asked for, all is there that was told; and the log can be gone on with. */
async function checkRemains(files: MemoryDisk, { told, asked }: Progress): Promise<void> {
  const { wal, recovered, firstPosition } = await openWal('/log', { files, segmentBytes });
  expect(firstPosition).toBeLessThanOrEqual(asked);
  expect(firstPosition + recovered.length - 1).toBeGreaterThanOrEqual(told);
  expect(textsOf(recovered)).toEqual(recovered.map((_, index) => textOf(firstPosition + index)));
  expect(files.fileNames[0]).toBe(segmentName(firstPosition));
  const last = wal.append(Buffer.from('on'));
  expect(last).toBe(firstPosition + recovered.length);
  await durable(wal, last);
  await wal.close();
  const again = await openWal('/log', { files: files.crash(), segmentBytes });
  expect(again.firstPosition).toBe(firstPosition);
  expect(textsOf(again.recovered)).toEqual([...textsOf(recovered), 'on']);
  await again.wal.close();
}

describe.each([
  ['while records are appended', playConcurrently],
  ['while nothing else is done', playAlone],
] as const)('a crash of a log that lets go of its beginning %s', (_what, play) => {
  test('can come in the midst of many removals', async () => {
    const disk = new MemoryDisk();
    const progress = begun();
    await play(disk, progress);
    const removals = disk.operations.filter(({ kind, name }) => kind === 'remove' && name.endsWith('.wal'));
    expect(removals.length).toBeGreaterThan(3);
    await checkRemains(disk.crash(), progress);
  });

  test.each(['before', 'after'] as const)('%s any operation leaves no hole and loses nothing', async (when) => {
    for (let index = 0; ; index += 1) {
      const disk = new MemoryDisk();
      const progress = begun();
      if (!(await untilCrash(disk, index, when, () => play(disk, progress)))) break;
      for (const left of remains(disk, index)) await checkRemains(left, progress);
    }
  });

  test('and again in the recovery from it leaves none either', async () => {
    for (let index = 0; ; index += 1) {
      const first = new MemoryDisk();
      const progress = begun();
      if (!(await untilCrash(first, index, 'after', () => play(first, progress)))) break;
      for (let step = 0; ; step += 1) {
        const second = first.crash(0.5, drawsOf(index + step));
        const open = () => openWal('/log', { files: second, segmentBytes });
        if (!(await untilCrash(second, step, 'after', open))) break;
        await checkRemains(second.crash(0.5, drawsOf(index * step)), progress);
      }
    }
  });

  test('or a kill of its process leaves none', async () => {
    for (let index = 0; ; index += 1) {
      const disk = new MemoryDisk();
      const progress = begun();
      if (!(await untilCrash(disk, index, 'after', () => play(disk, progress)))) break;
      const next = disk.afterKill();
      await (await openWal('/log', { files: next, segmentBytes })).wal.close();
      for (const left of remains(next, index)) await checkRemains(left, progress);
    }
  });
});

test('a removal before the log says durably where it begins is found out: the test can fail', async () => {
  const disk = new MemoryDisk();
  const progress = begun();
  const { wal } = await openWal('/log', { files: disk, segmentBytes });
  for (let position = 1; position <= 12; position += 1) {
    await durable(wal, wal.append(Buffer.from(textOf(position))));
    progress.told = position;
  }
  remove(wal, progress, 12);
  await disk.remove(segmentName(1));
  await expect(
    checkRemains(
      disk.crash(1, () => 0),
      progress,
    ),
  ).rejects.toThrow('is missing');
});

/** A log on a disk, and all that is known about it. */
class Scene {
  disk = new MemoryDisk();
  readonly records: Buffer[] = [];
  #wal: Wal | undefined;
  readonly #progress = begun();
  #first = 1;

  get #open(): Wal {
    return this.#wal as Wal;
  }

  async open(): Promise<void> {
    const { wal, recovered, firstPosition } = await openWal('/log', { files: this.disk, segmentBytes });
    const { told, asked } = this.#progress;
    expect(firstPosition).toBeGreaterThanOrEqual(this.#first);
    expect(firstPosition).toBeLessThanOrEqual(asked);
    const last = firstPosition + recovered.length - 1;
    expect(last).toBeGreaterThanOrEqual(told);
    expect(recovered.every((bytes, index) => this.records[firstPosition - 1 + index]?.equals(bytes))).toBe(true);
    this.records.length = last;
    this.#first = firstPosition;
    this.#progress.told = last;
    this.#wal = wal;
    wal.onDurable = (position) => {
      this.#progress.told = position;
    };
  }

  async append(sizes: readonly number[]): Promise<void> {
    await appendBatch(this.#open, this.#added(sizes));
    this.#progress.told = this.records.length;
  }

  #added(sizes: readonly number[]): Buffer[] {
    const added = sizes.map((bytes, index) => recordOf(this.records.length + 1 + index, bytes));
    this.records.push(...added);
    return added;
  }

  /** @param fraction - of the way to the last durable record */
  remove(fraction: number): void {
    const { told } = this.#progress;
    if (told > 0) remove(this.#open, this.#progress, 1 + Math.floor(fraction * told));
  }

  async read(fraction: number): Promise<void> {
    const { told, asked } = this.#progress;
    if (told === 0) return;
    const position = 1 + Math.floor(fraction * told);
    if (position >= asked) await expectRecord(this.#open, this.records, position);
    else if (position < this.#first) expect(await refusal(this.#open.read(position))).toBeInstanceOf(RangeError);
    else await this.#open.read(position).catch((error: unknown) => expect(error).toBeInstanceOf(RangeError));
  }

  /** The power goes some operations after these records were appended. */
  async crash(sizes: readonly number[], operations: number, seed: number): Promise<void> {
    const draw = drawsOf(seed);
    const { disk } = this;
    const end = disk.operations.length + operations;
    const never = new Promise<void>(() => {});
    disk.before = ({ index }) => (index >= end ? never : undefined);
    const wal = this.#open;
    for (const record of this.#added(sizes)) wal.append(record);
    for (let turn = 0; turn < 20; turn += 1) await new Promise<void>((resolve) => setImmediate(resolve));
    wal.onDurable = () => {};
    this.disk = disk.crash(draw(), draw);
    await this.open();
  }

  async reopen(): Promise<void> {
    await this.#open.close();
    await this.open();
  }
}

test('whatever is appended, let go of, read and lost in crashes, no hole opens and nothing is lost that was told', async () => {
  const bytes = fc.oneof(
    fc.nat(50),
    fc.nat(2000),
    fc.constantFrom(roomBytes, roomBytes + 1, 3 * frameHeaderBytes + 9000),
  );
  const sizes = fc.array(bytes, { minLength: 1, maxLength: 6 });
  const fraction = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  const step = fc.oneof(
    { weight: 5, arbitrary: sizes.map((given) => (scene: Scene) => scene.append(given)) },
    { weight: 3, arbitrary: fraction.map((at) => async (scene: Scene) => scene.remove(at)) },
    { weight: 3, arbitrary: fraction.map((at) => (scene: Scene) => scene.read(at)) },
    { weight: 1, arbitrary: fc.constant((scene: Scene) => scene.reopen()) },
    {
      weight: 2,
      arbitrary: fc.tuple(sizes, fc.nat(25), fc.integer()).map(
        ([given, operations, seed]) =>
          (scene: Scene) =>
            scene.crash(given, operations, seed),
      ),
    },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const scene = new Scene();
      await scene.open();
      for (const take of steps) await take(scene);
      await scene.reopen();
    }),
    { numRuns: 150 },
  );
});
