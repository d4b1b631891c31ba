/** What the records of one commit share, and what nobody waits for meanwhile. */
import { afterAll, describe, expect, test } from 'vitest';
import { engineNames } from '../engines.ts';
import { Folders } from '../wal/fixture.ts';
import { durable, expectRecords, openLog, recordsOf } from './store/fixture.ts';

const folders = new Folders();
afterAll(() => folders.remove());

describe.each(engineNames())('%s', (engine) => {
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
});
