/** Every engine against the simplest log there is: a list. */
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { engineNames } from '../engines.ts';
import { Folders } from '../wal/fixture.ts';
import type { RecordLog } from './engine.ts';
import { appendAll, expectRecords, openLog, recordOf } from './store/fixture.ts';

const folders = new Folders();
afterAll(() => folders.remove());

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
