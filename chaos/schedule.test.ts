import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { PlannedStrike } from './contracts/plan.ts';
import { IncapableError, UsageError } from './errors.ts';
import { randomFor } from './random.ts';
import { samplePlan } from './sample-plan.ts';
import { planStrikes } from './schedule.ts';

type Strikes = NonNullable<Parameters<typeof samplePlan>[0]>['strikes'];

const planned = (strikes: Strikes, durationMs = 30_000, seed = 1) =>
  planStrikes(samplePlan({ strikes }).experiment, durationMs, randomFor(seed, 'schedule'));

const beginOf = ({ trigger }: PlannedStrike) => ('atMs' in trigger ? trigger.atMs : trigger.notBeforeMs);

describe('a schedule', () => {
  test('fixed times are taken as they are, and repeated until the quiet end', () => {
    const strikes = planned([{ fault: 'crash', target: 'leader', at: '2s', every: '10s', for: '1s' }]);
    expect(strikes).toEqual(
      [2000, 12_000, 22_000].map((atMs, at) => ({
        id: `s1.${at + 1}`,
        trigger: { atMs },
        durationMs: 1000,
        fault: 'crash',
        params: {},
        target: 'leader',
        outage: false,
      })),
    );
  });

  test('a strike may end just before the quiet end of three seconds, and not after it', () => {
    expect(planned([{ fault: 'crash', target: 'n1', at: '26s', for: '1s' }])).toHaveLength(1);
    expect(() => planned([{ fault: 'crash', target: 'n1', at: '26001ms', for: '1s' }])).toThrow(UsageError);
  });

  test('the quiet end of a short run is shorter', () => {
    expect(planned([{ fault: 'crash', target: 'n1', at: '6s', for: '2500ms' }], 10_000)).toHaveLength(1);
    expect(() => planned([{ fault: 'crash', target: 'n1', at: '6s', for: '2501ms' }], 10_000)).toThrow(UsageError);
  });

  test('`until` is when the last one begins', () => {
    const strikes = planned([{ fault: 'crash', target: 'n1', at: '1s', every: '2s', until: '5s', for: '10ms' }]);
    expect(strikes.map(beginOf)).toEqual([1000, 3000, 5000]);
  });

  test('what waits for an event has its earliest time and its delay', () => {
    const [strike, ...others] = planned([
      { fault: 'crash', target: 'leader', on: 'leader-elected', at: '2s', after: '50ms', for: '1s', outage: true },
    ]);
    expect(others).toEqual([]);
    expect(strike).toMatchObject({ trigger: { on: 'leader-elected', notBeforeMs: 2000, afterMs: 50 }, outage: true });
  });

  test('an event without a time is waited for from the beginning', () => {
    const [strike] = planned([{ fault: 'crash', target: 'leader', on: 'election-started', for: '1s' }]);
    expect(strike?.trigger).toEqual({ on: 'election-started', notBeforeMs: 0, afterMs: 0 });
  });

  test('each strike of the experiment has its own number; one that finds no time is left out', () => {
    const strikes = planned([
      { fault: 'crash', target: 'n1', at: '29s', for: '1s' },
      { fault: 'cut', target: 'leader', at: '2s', for: '1s' },
    ]);
    expect(strikes.map(({ id, fault }) => [id, fault])).toEqual([['s2.1', 'cut']]);
  });

  test('no strikes at all are no mistake', () => {
    expect(planned([], 1)).toEqual([]);
  });
});

describe('refused', () => {
  test('a run that is too short for any strike', () => {
    const tooShort = () => planned([{ fault: 'crash', target: 'n1', at: '2s', for: '1s' }], 3000);
    expect(tooShort).toThrow('a run of 3 s leaves no time for any strike of this experiment');
    expect(tooShort).toThrow(IncapableError);
  });

  test('more strikes than anybody means, of one kind or of several together', () => {
    const many = { fault: 'crash', target: 'n1', at: '0s', every: '1ms', for: '1ms' };
    expect(() => planned([many])).toThrow('more than 10000 strikes are too many for one run');
    const half = { ...many, until: '6s' };
    expect(planned([half])).toHaveLength(6001);
    expect(() => planned([half, half])).toThrow('more than 10000 strikes');
  });

  test('a repetition after no time at all still ends', () => {
    const strikes = planned([{ fault: 'crash', target: 'n1', at: '0s', every: '0s', until: '10ms', for: '1ms' }]);
    expect(strikes.map(beginOf)).toEqual(Array.from({ length: 11 }, (_, at) => at));
  });
});

const range = (max: number) =>
  fc.tuple(fc.nat(max), fc.nat(max)).map(([a, b]): [number, number] => [Math.min(a, b), Math.max(a, b)]);

const specification = fc.record({
  fault: fc.constantFrom('crash', 'cut'),
  target: fc.constantFrom('leader', 'n1'),
  at: range(20_000),
  every: fc.option(range(5000), { nil: undefined }).filter((every) => every === undefined || every[0] > 20),
  for: range(4000),
  until: fc.option(fc.nat(30_000), { nil: undefined }),
});

describe('whatever is asked for', () => {
  test('every strike lies in its ranges, ends in time, and has a name of its own', () => {
    const drawn = fc.tuple(
      fc.array(specification, { minLength: 1, maxLength: 4 }),
      fc.integer({ min: 25_000, max: 90_000 }),
    );
    fc.assert(
      fc.property(drawn, fc.nat(), ([specifications, durationMs], seed) => {
        const endMs = durationMs - 3000;
        let strikes: PlannedStrike[];
        try {
          strikes = planned(specifications, durationMs, seed);
        } catch (error) {
          if (!(error instanceof UsageError)) throw error;
          expect(
            specifications.every((each) => each.at[1] + each.for[1] > endMs || each.at[1] > (each.until ?? endMs)),
          ).toBe(true);
          return;
        }
        expect(new Set(strikes.map(({ id }) => id)).size).toBe(strikes.length);
        let previous: { strike: PlannedStrike; of: string } | undefined;
        for (const strike of strikes) {
          const of = strike.id.split('.')[0] ?? '';
          const asked = specifications[Number(of.slice(1)) - 1];
          if (asked === undefined) throw new Error(`${strike.id} is of no strike of the experiment`);
          const begin = beginOf(strike);
          expect(strike.durationMs).toBeGreaterThanOrEqual(asked.for[0]);
          expect(strike.durationMs).toBeLessThanOrEqual(asked.for[1]);
          expect(begin + strike.durationMs).toBeLessThanOrEqual(endMs);
          expect(begin).toBeLessThanOrEqual(asked.until ?? endMs);
          if (previous?.of !== of) {
            expect(begin).toBeGreaterThanOrEqual(asked.at[0]);
            expect(begin).toBeLessThanOrEqual(asked.at[1]);
          } else if (asked.every !== undefined) {
            const apart = begin - beginOf(previous.strike);
            expect(apart).toBeGreaterThanOrEqual(asked.every[0] - 0.01);
            expect(apart).toBeLessThanOrEqual(asked.every[1] + 0.01);
          }
          previous = { strike, of };
        }
      }),
    );
  });

  test('the same seed draws the same schedule, and another another one', () => {
    const strikes: Strikes = [{ fault: 'crash', target: 'n1', at: ['1s', '20s'], for: ['1s', '4s'] }];
    expect(planned(strikes, 30_000, 5)).toEqual(planned(strikes, 30_000, 5));
    const all = Array.from({ length: 20 }, (_, seed) => JSON.stringify(planned(strikes, 30_000, seed)));
    expect(new Set(all).size).toBe(20);
  });
});
