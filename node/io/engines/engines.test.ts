/** What every storage engine must do. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { engineNames, loadEngine } from '../engines.ts';
import { SettingsError } from '../settings.ts';
import { Folders } from '../wal/fixture.ts';
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

  test('reads to its end what is being read when it is given up, and removes it after that', async () => {
    const folder = folders.fresh();
    // More than a segment of the write-ahead log, and then as much again, so that one can be removed.
    const records = recordsOf(80, () => 1 << 19);
    const { log } = await openLog(engine, folder);
    await appendAll(log, records.slice(0, 40));
    const wanted = Array.from({ length: 90 }, (_, index) => 1 + ((index * 7) % 39));
    const reads = wanted.map((position) => log.read(position));
    log.removeBefore(40);
    expectRecords(
      await Promise.all(reads),
      wanted.map((position) => records[position - 1] as Buffer),
    );
    await appendAll(log, records.slice(40));
    await log.close();
    const again = await openLog(engine, folder);
    expect(again.firstPosition).toBeGreaterThan(1);
    expect(again.firstPosition).toBeLessThanOrEqual(40);
    expectRecords(again.recovered, records.slice(again.firstPosition - 1));
    await again.log.close();
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
