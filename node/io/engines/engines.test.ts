/** What every storage engine must do. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { engineNames, loadEngine } from '../engines.ts';
import { SettingsError } from '../settings.ts';
import { Folders } from '../wal/fixture.ts';
import type { RecordLog } from './engine.ts';
import { appendAll, durable, expectRecords, openLog, recordOf, recordsOf, refusal } from './store/fixture.ts';

const folders = new Folders();
afterAll(() => folders.remove());

test('there are these engines, each with a line about it, and no other', async () => {
  expect(engineNames()).toEqual(['level', 'lmdb', 'sqlite', 'wal']);
  for (const name of engineNames()) expect((await loadEngine(name)).summary).not.toBe('');
  const error = await refusal(loadEngine('bolt'));
  expect(error).toBeInstanceOf(SettingsError);
  expect(error.message).toBe('There is no storage engine "bolt". There are: level, lmdb, sqlite, wal.');
});

test('a folder belongs to the engine that has written it first', async () => {
  for (const writer of engineNames()) {
    const folder = folders.fresh();
    const { log } = await openLog(writer, folder);
    await appendAll(
      log,
      recordsOf(3, () => 10),
    );
    await log.close();
    for (const other of engineNames().filter((name) => name !== writer)) {
      const error = await refusal(openLog(other, folder));
      expect(error).toBeInstanceOf(SettingsError);
      expect(error.message).toContain(`holds a log of the storage engine "${writer}", and "${other}" cannot read it`);
    }
    const again = await openLog(writer, folder);
    expectRecords(
      again.recovered,
      recordsOf(3, () => 10),
    );
    await again.log.close();
  }
});

describe.each(engineNames())('%s', (engine) => {
  test('numbers records from 1, gives them back in this life and the next, and numbers on from there', async () => {
    const folder = join(folders.fresh(), 'made', 'on', 'the', 'way');
    const records = [recordOf(1, 30), Buffer.alloc(0), recordOf(3, 5000), recordOf(4, 1)];
    const first = await openLog(engine, folder);
    expect(first).toMatchObject({ firstPosition: 1, recovered: [] });
    const positions = records.slice(0, 3).map((record) => first.log.append(record));
    expect(positions).toEqual([1, 2, 3]);
    await durable(first.log, 3);
    expectRecords(await Promise.all(positions.map((position) => first.log.read(position))), records.slice(0, 3));
    await first.log.close();

    const second = await openLog(engine, folder);
    expect(second.firstPosition).toBe(1);
    expectRecords(second.recovered, records.slice(0, 3));
    expect(second.log.append(records[3] as Buffer)).toBe(4);
    await durable(second.log, 4);
    expectRecords(await Promise.all([4, 1, 3, 2].map((position) => second.log.read(position))), [
      recordOf(4, 1),
      recordOf(1, 30),
      recordOf(3, 5000),
      Buffer.alloc(0),
    ]);
    await second.log.close();

    const third = await openLog(engine, folder);
    expectRecords(third.recovered, records);
    await third.log.close();
  });

  test('joins the pieces of a record', async () => {
    const { log } = await openLog(engine, folders.fresh());
    const record = recordOf(1, 40_000);
    log.append(record.subarray(0, 3), Buffer.alloc(0), record.subarray(3, 30_000), record.subarray(30_000));
    log.append();
    await durable(log, 2);
    expectRecords([await log.read(1), await log.read(2)], [record, Buffer.alloc(0)]);
    await log.close();
  });

  test('takes large records, and refuses one that is longer than any engine takes', async () => {
    const folder = folders.fresh();
    const { log } = await openLog(engine, folder);
    const records = [recordOf(1, 1 << 20), recordOf(2, 16 << 20), recordOf(3, 10)];
    await appendAll(log, records);
    expectRecords([await log.read(2), await log.read(1)], [records[1] as Buffer, records[0] as Buffer]);
    const piece = Buffer.alloc(64 << 20);
    expect(() => log.append(...Array.from({ length: 17 }, () => piece))).toThrow(RangeError);
    expect(log.append(recordOf(4, 10))).toBe(4);
    await log.close();
    const again = await openLog(engine, folder);
    expectRecords(again.recovered, [...records, recordOf(4, 10)]);
    await again.log.close();
  });

  test('takes 10,000 records in order, with far fewer syncs, and says so in order', async () => {
    const folder = folders.fresh();
    const syncs: number[] = [];
    const { log } = await openLog(engine, folder, { onSync: (seconds) => syncs.push(seconds) });
    const records = recordsOf(10_000, (position) => position % 200);
    const told: number[] = [];
    const before = syncs.length;
    await new Promise<void>((resolve, reject) => {
      log.onFailure = reject;
      log.onDurable = (position) => {
        told.push(position);
        if (position === records.length) resolve();
      };
      // 500 a turn, some of which come while a commit is in flight.
      const append = (from: number) => {
        for (const record of records.slice(from, from + 500)) log.append(record);
        if (from + 500 < records.length) setImmediate(() => append(from + 500));
      };
      append(0);
    });
    expect(told).toEqual([...told].sort((a, b) => a - b));
    expect(new Set(told).size).toBe(told.length);
    expect(syncs.length - before).toBeGreaterThan(0);
    expect(syncs.length - before).toBeLessThanOrEqual(40);
    expect(syncs.every((seconds) => seconds > 0)).toBe(true);
    await log.close();
    const again = await openLog(engine, folder);
    expectRecords(again.recovered, records);
    await again.log.close();
  });

  test('shares one commit among the records of a turn, whichever part of it they came from', async () => {
    let syncs = 0;
    const { log } = await openLog(engine, folders.fresh(), { onSync: () => (syncs += 1) });
    const before = syncs;
    const told: number[] = [];
    const done = new Promise<void>((resolve) => {
      log.onDurable = (position) => {
        told.push(position);
        if (position === 100) resolve();
      };
    });
    for (const record of recordsOf(50, () => 20)) log.append(record);
    await Promise.resolve();
    for (const record of recordsOf(50, () => 20, 51)) log.append(record);
    await done;
    expect(told).toEqual([100]);
    expect(syncs - before).toBe(1);
    await log.close();
  });

  test('lets no commit hold up the event loop: turns go by while one is in flight', async () => {
    const { log } = await openLog(engine, folders.fresh());
    let turns = 0;
    let running = true;
    const turn = () => {
      turns += 1;
      if (running) setImmediate(turn);
    };
    const done = durable(log, 2000);
    for (const record of recordsOf(2000, () => 1000)) log.append(record);
    // The append itself takes one turn.
    await new Promise<void>((resolve) => setImmediate(resolve));
    turn();
    await done;
    running = false;
    expect(turns).toBeGreaterThan(1);
    await log.close();
  });

  test.each([0, -1, 1.5, 3, 4, Number.NaN, Number.POSITIVE_INFINITY])(
    'refuses to read position %d, which is not durable',
    async (position) => {
      const { log } = await openLog(engine, folders.fresh());
      await appendAll(
        log,
        recordsOf(2, () => 10),
      );
      // Not durable before the turn ends.
      log.append(recordOf(3, 10));
      const error = await refusal(log.read(position));
      expect(error).toBeInstanceOf(RangeError);
      expect(error.message).toBe(`there is no record ${position} to read: those from 1 to 2 are durable`);
      await log.close();
    },
  );

  test('ends reads in the order in which they were asked for, while appends go on', async () => {
    const { log } = await openLog(engine, folders.fresh());
    const records = recordsOf(300, (position) => (position * 97) % 3000);
    await appendAll(log, records.slice(0, 200));
    const ended: number[] = [];
    const wanted = Array.from({ length: 200 }, (_, index) => 1 + ((index * 37) % 200));
    const reads = wanted.map(async (position) => {
      expectRecords([await log.read(position)], [records[position - 1] as Buffer]);
      ended.push(position);
    });
    await appendAll(log, records.slice(200));
    await Promise.all(reads);
    expect(ended).toEqual(wanted);
    await log.close();
  });

  test('closing makes durable what was appended, lets reads end, may be repeated, and what comes after goes nowhere', async () => {
    const folder = folders.fresh();
    const { log } = await openLog(engine, folder);
    await appendAll(log, [recordOf(1, 10)]);
    let told = 0;
    log.onDurable = (position) => {
      told = position;
    };
    log.append(recordOf(2, 10));
    const read = log.read(1);
    const closed = log.close();
    expect(log.append(recordOf(3, 10))).toBe(3);
    await Promise.all([closed, log.close()]);
    expectRecords([await read], [recordOf(1, 10)]);
    expect(told).toBe(2);
    expect((await refusal(log.read(1))).message).toBe('the log is closed');
    const again = await openLog(engine, folder);
    expectRecords(
      again.recovered,
      recordsOf(2, () => 10),
    );
    await again.log.close();
  });

  test('keeps a second log out of the folder until the first is closed', async () => {
    const folder = folders.fresh();
    const { log } = await openLog(engine, folder);
    const error = await refusal(openLog(engine, folder));
    expect(error.message).toMatch(
      `${folder} is in use by process ${process.pid}: two replicas must never write one log`,
    );
    await appendAll(log, [recordOf(1, 10)]);
    await log.close();
    const again = await openLog(engine, folder);
    expectRecords(again.recovered, [recordOf(1, 10)]);
    await again.log.close();
  });

  test('lets go of the folder where the log cannot be opened', async () => {
    const folder = folders.fresh();
    mkdirSync(folder);
    const file = engine === 'wal' ? '0000000000000001.wal' : 'durable.mark';
    writeFileSync(join(folder, file), 'garbage');
    for (const _ of [1, 2]) expect((await refusal(openLog(engine, folder))).message).toContain(join(folder, file));
  });
});

describe.each(engineNames())('%s, of which records are removed,', (engine) => {
  /** Whatever a later life finds, it is an end of all records, and has all that are needed. */
  async function expectNeeded(folder: string, records: readonly Buffer[], neededFrom: number): Promise<number> {
    const { log, firstPosition, recovered } = await openLog(engine, folder);
    expect(firstPosition).toBeGreaterThanOrEqual(1);
    expect(firstPosition).toBeLessThanOrEqual(neededFrom);
    expectRecords(recovered, records.slice(firstPosition - 1));
    expect(log.append(recordOf(records.length + 1, 10))).toBe(records.length + 1);
    await durable(log, records.length + 1);
    expectRecords([await log.read(neededFrom)], [records[neededFrom - 1] as Buffer]);
    if (firstPosition > 1) {
      const error = await refusal(log.read(firstPosition - 1));
      expect(error).toBeInstanceOf(RangeError);
      expect(error.message).toContain(`those from ${firstPosition} to ${records.length + 1} are durable`);
    }
    await log.close();
    return firstPosition;
  }

  test('keeps the others, in this life and the next, and forgets no position', async () => {
    const folder = folders.fresh();
    const records = recordsOf(5000, (position) => position % 300);
    const { log } = await openLog(engine, folder);
    await appendAll(log, records.slice(0, 4000));
    for (const position of [1, 1200, 700, 3990]) log.removeBefore(position);
    await appendAll(log, records.slice(4000));
    expectRecords([await log.read(3990), await log.read(5000)], [records[3989] as Buffer, records[4999] as Buffer]);
    await log.close();
    await expectNeeded(folder, records, 3990);
  });

  test('refuses a position that is not durable', async () => {
    const { log } = await openLog(engine, folders.fresh());
    expect(() => log.removeBefore(1)).toThrow(RangeError);
    await appendAll(
      log,
      recordsOf(2, () => 10),
    );
    for (const position of [0, 3, 1.5, Number.NaN]) expect(() => log.removeBefore(position)).toThrow(RangeError);
    log.removeBefore(2);
    await log.close();
  });

  test('gives back their room', async () => {
    const folder = folders.fresh();
    // More than a segment of the write-ahead log, so that one can be removed.
    const records = recordsOf(40, () => 1 << 20);
    const { log } = await openLog(engine, folder);
    for (let from = 0; from < records.length; from += 8) {
      await appendAll(log, records.slice(from, from + 8));
      log.removeBefore(from + 8);
    }
    await log.close();
    expect(await expectNeeded(folder, records, 40)).toBeGreaterThan(1);
  });
});

describe.each(engineNames())('%s does what a list does', (engine) => {
  const bytes = fc.oneof(fc.nat(50), fc.nat(5000), fc.constantFrom(0, 4095, 4096, 40_000));
  const share = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.record({ append: fc.array(bytes, { minLength: 1, maxLength: 8 }) }) },
    { weight: 1, arbitrary: fc.constant('reopen' as const) },
    { weight: 3, arbitrary: fc.record({ read: share }) },
    { weight: 1, arbitrary: fc.record({ removeBefore: share }) },
  );

  test('whatever was appended, read, removed and reopened before', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
        const folder = folders.fresh();
        const records: Buffer[] = [];
        let neededFrom = 1;
        let log: RecordLog = (await openLog(engine, folder)).log;
        const needed = (part: number) => neededFrom + Math.floor(part * (records.length + 1 - neededFrom));
        for (const next of steps) {
          if (next === 'reopen') {
            await log.close();
            const opened = await openLog(engine, folder);
            expect(opened.firstPosition).toBeLessThanOrEqual(neededFrom);
            expectRecords(opened.recovered, records.slice(opened.firstPosition - 1));
            log = opened.log;
          } else if ('append' in next) {
            const added = next.append.map((size, index) => recordOf(records.length + 1 + index, size));
            records.push(...added);
            await appendAll(log, added);
          } else if (records.length === 0) {
            // Nothing to read or to remove yet.
          } else if ('read' in next) {
            const position = needed(next.read);
            expectRecords([await log.read(position)], [records[position - 1] as Buffer]);
          } else {
            neededFrom = needed(next.removeBefore);
            log.removeBefore(neededFrom);
          }
        }
        await log.close();
      }),
      // Each has several lives, and one of SQLite begins with a thread.
      { numRuns: 12 },
    );
  });
});
