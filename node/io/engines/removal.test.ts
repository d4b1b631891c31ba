/** What is left of a log after records were removed from its beginning. */
import { createHash } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { engineNames } from '../engines.ts';
import { Folders } from '../wal/fixture.ts';
import { appendAll, durable, expectRecords, openLog, recordOf, recordsOf, refusal } from './store/fixture.ts';

const folders = new Folders();
afterAll(() => folders.remove());

/** A record that no store makes shorter: LevelDB compresses what has a pattern. */
function denseRecord(position: number, outputLength: number): Buffer {
  return createHash('shake256', { outputLength }).update(`${position}`).digest();
}

/** The length of all files in a folder and below it. */
function folderBytes(folder: string): number {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => statSync(join(folder, name)));
  return files.reduce((sum, file) => sum + (file.isFile() ? file.size : 0), 0);
}

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
    // Twenty times what is kept, in several lives. The write-ahead log keeps up to two segments of 16 MiB.
    const kept = 4;
    const recordBytes = 1 << 20;
    const records = Array.from({ length: 20 * kept }, (_, index) => denseRecord(1 + index, recordBytes));
    for (let life = 0; life < 4; life += 1) {
      const { log } = await openLog(engine, folder);
      for (let from = life * 5 * kept; from < (life + 1) * 5 * kept; from += kept) {
        await appendAll(log, records.slice(from, from + kept));
        log.removeBefore(from + 1);
      }
      await log.close();
    }
    // No store that removes nothing holds this; how much less is left depends on how far LevelDB has merged its tables.
    expect(folderBytes(folder)).toBeLessThan(records.length * recordBytes);
    expect(await expectNeeded(folder, records, records.length - kept + 1)).toBeGreaterThan(1);
  });
});
