/** Throughput: on recordings made by hand. */
import { describe, expect, test } from 'vitest';
import type { LabEvent } from '../contracts/events.ts';
import { defaultLimits } from '../judge.ts';
import { samplePlan, sampleRun, sampleStrike, struck, successes } from '../sample-plan.ts';
import throughput from './throughput.ts';

const plan = samplePlan(
  { limits: { recovery: '1s', slowdown: 2 } },
  { strikes: [sampleStrike({ trigger: { atMs: 2000 }, durationMs: 4000 })] },
);

/** One success every so many milliseconds, from one time to another. */
const every = (stepMs: number, fromMs: number, toMs: number) =>
  Array.from({ length: Math.ceil((toMs - fromMs) / stepMs) }, (_, at) => ['write', fromMs + at * stepMs] as const);

const check = (operations: readonly (readonly [string, number])[], of = plan, events = struck('s1.1', 2000, 6000)) =>
  throughput.check(sampleRun({ plan: of, history: successes(operations), events }), defaultLimits);

describe('a group', () => {
  test('that is half as fast once it has recovered is at its limit', async () => {
    const result = await check([...every(10, 0, 2000), ...every(20, 3000, 6000)]);
    expect(result).toMatchObject({ verdict: 'valid', value: 2, limit: 2, unit: 'times slower', evidence: [] });
    expect(result.summary).toBe('At the slowest the group did 50 operations/s, and in the calm 100.');
  });

  test('that is slower than that is beyond it, and it is said when', async () => {
    const result = await check([...every(10, 0, 2000), ...every(30, 3000, 6000)]);
    expect(result).toMatchObject({ verdict: 'invalid', value: 3 });
    expect(result.evidence).toEqual([
      {
        sentences: [
          'From 3.000 s to 6.000 s the group did 33 operations/s, and in the calm 100.',
          'Once it has recovered from a strike it may be slower by 2 times.',
        ],
        fromMs: 3000,
        toMs: 6000,
        ops: [],
      },
    ]);
  });

  test('that stands still under the strike is beyond it by no number', async () => {
    const result = await check(every(10, 0, 3000));
    expect(result.verdict).toBe('invalid');
    expect(result.value).toBeUndefined();
  });

  test('is not held to what it does while it recovers', async () => {
    const result = await check([...every(10, 0, 2000), ...every(10, 3000, 6000)]);
    expect(result).toMatchObject({ verdict: 'valid', value: 1 });
  });
});

test('what it does without a quorum is not held against it, nor while it recovers from that', async () => {
  const gone = ['n1', 'n2'].flatMap((node): LabEvent[] => [
    { atMs: 2000, type: 'node-down', node },
    { atMs: 3500, type: 'node-up', node },
  ]);
  const events = [...struck('s1.1', 2000, 6000, 'crash', ['n1', 'n2']), ...gone].sort((a, b) => a.atMs - b.atMs);
  const result = await check([...every(10, 0, 2000), ...every(20, 4500, 6000)], plan, events);
  expect(result).toMatchObject({ verdict: 'valid', value: 2 });
});

test('without any calm, and without time after a recovery, nothing is proven', async () => {
  const busy = every(10, 0, 6000);
  expect(await check(busy, plan, struck('s1.1', 0, 6000))).toMatchObject({ verdict: 'unknown' });
  expect(await check(busy, plan, struck('s1.1', 2000, 2500))).toMatchObject({ verdict: 'unknown' });
});

test('without a limit there is nothing to prove', async () => {
  const free = samplePlan({}, { strikes: plan.strikes });
  expect(await check(every(10, 0, 2000), free)).toMatchObject({ verdict: 'valid' });
});
