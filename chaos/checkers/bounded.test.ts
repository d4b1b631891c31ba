/** Bounded: on recordings made by hand, and on runs whose logs are cut, never cut, and too short to be cut. */
import { describe, expect, test } from 'vitest';
import type { LabEvent } from '../contracts/events.ts';
import type { Plan } from '../contracts/plan.ts';
import { defaultLimits } from '../judge.ts';
import { makePlan } from '../plan.ts';
import { record } from '../run.ts';
import { sampleFootprint, samplePlan, sampleRun } from '../sample-plan.ts';
import { simSubstrate } from '../substrate/sim/index.ts';
import bounded from './bounded.ts';

const plan = samplePlan({ limits: { footprint: { logBytes: 100, memoryBytes: 50 } } });
const cuts = ['n1', 'n2', 'n3'].map((node): LabEvent => {
  return { atMs: 500, type: 'compact', node, index: 9, entries: 1, bytes: 10 };
});
const check = (events: readonly LabEvent[], of: Plan = plan) =>
  bounded.check(sampleRun({ plan: of, events }), defaultLimits);

describe('a recording', () => {
  test('at its limits is valid, and measured', async () => {
    const sample = sampleFootprint(1000, { logBytes: 100, heldBytes: 20, stateBytes: 30 });
    const result = await check([...cuts, sample]);
    expect(result).toMatchObject({ verdict: 'valid', value: 100, limit: 100, unit: 'bytes', evidence: [] });
    expect(result.summary).toBe('A log took 100 bytes at most, and memory 50, over 3 compactions.');
  });

  test('with a log above its limit is invalid, and says whose, when first and how much', async () => {
    const samples = [
      sampleFootprint(1000, { node: 'n2', logBytes: 101 }),
      sampleFootprint(2000, { node: 'n3', logBytes: 170 }),
    ];
    const result = await check([...cuts, ...samples]);
    expect(result).toMatchObject({ verdict: 'invalid', value: 170, limit: 100 });
    expect(result.evidence).toEqual([
      {
        sentences: [
          'At 1.000 s n2 held 101 bytes of log on its disk; the limit is 100.',
          'The most was 170 bytes, held by n3 at 2.000 s.',
        ],
        fromMs: 1000,
        toMs: 2000,
        ops: [],
      },
    ]);
  });

  test('with more in memory than its limit is invalid, though the log is short', async () => {
    const result = await check([...cuts, sampleFootprint(1000, { heldBytes: 30, stateBytes: 21 })]);
    expect(result.verdict).toBe('invalid');
    expect(result.evidence[0]?.sentences[0]).toContain('n1 held 51 bytes of payloads and state in memory');
  });

  test('without a compaction of each replica proves nothing', async () => {
    const result = await check([...cuts.slice(1), sampleFootprint(1000, { logBytes: 3 })]);
    expect(result.verdict).toBe('unknown');
    expect(result.summary).toContain('n1 never cut its log');
  });

  test('without a sample proves nothing, and without a limit there is nothing to prove', async () => {
    expect((await check(cuts)).verdict).toBe('unknown');
    const free = await check([sampleFootprint(0, { logBytes: 1e9 })], samplePlan());
    expect(free).toMatchObject({ verdict: 'valid', summary: 'The experiment sets no limit to what replicas hold.' });
  });
});

describe('a long run', () => {
  const hourMs = 3_600_000;

  /** The experiment as it is, but for when its logs are cut. */
  const judged = async (durationMs: number, snapshotAfterBytes?: number) => {
    const { capabilities } = simSubstrate;
    const made = await makePlan('long-run', { seed: 2, substrate: 'sim', capabilities, durationMs });
    const { experiment } = made;
    const settings = snapshotAfterBytes === undefined ? {} : { snapshotAfterBytes };
    const changed = { ...made, experiment: { ...experiment, settings: { ...experiment.settings, ...settings } } };
    const recording = await record(changed, simSubstrate, { signal: new AbortController().signal });
    return bounded.check(recording, defaultLimits);
  };

  test('cuts its logs in time', async () => {
    expect(await judged(hourMs)).toMatchObject({ verdict: 'valid' });
  });

  test('that never cuts its logs is not bounded', async () => {
    const result = await judged(hourMs, 2 ** 30);
    expect(result.verdict).toBe('invalid');
    expect(result.value).toBeGreaterThan(2 * (result.limit ?? 0));
    expect(result.evidence[0]?.sentences[0]).toMatch(/n\d held .* bytes of log on its disk; the limit is 49,152/);
  });

  test('that is too short to cut them is inconclusive', async () => {
    expect(await judged(hourMs / 20)).toMatchObject({ verdict: 'unknown' });
  });
});
