/** Availability and recovery, on recordings made by hand: a write every so often, and strikes between. */
import { describe, expect, test } from 'vitest';
import type { LabEvent } from '../contracts/events.ts';
import { samplePlan, sampleRun, sampleStrike, struck, successes } from '../sample-plan.ts';
import availability from './availability.ts';
import recovery from './recovery.ts';

const limits = { timeMs: 1000, maxStates: 1000 };
const plan = samplePlan(
  { limits: { outage: 1000, recovery: 500 } },
  { strikes: [sampleStrike(), sampleStrike({ id: 's2.1', outage: true })] },
);

/** Writes that end at these times, in a load of ten seconds. */
const writes = (...endMs: number[]) => successes(endMs.map((atMs) => ['write', atMs - 1] as const));
/** One every half second, but for what lies strictly between two times. */
const steady = (fromMs = 0, toMs = 0) => {
  const all = Array.from({ length: 20 }, (_, at) => at * 500 + 100);
  return writes(...all.filter((ms) => ms <= fromMs || ms >= toMs));
};

/** A strike that leaves one of three, of which one more comes back at a time of its own. */
const alone = (fromMs: number, healMs: number, backMs: number): LabEvent[] => {
  const seen = (atMs: number, type: 'node-down' | 'node-up', node: string): LabEvent => ({ atMs, type, node });
  const events = [
    ...struck('s1.1', fromMs, healMs, 'crash', ['n1', 'n2']),
    ...['n1', 'n2'].flatMap((node) => [seen(fromMs, 'node-down', node), seen(backMs, 'node-up', node)]),
  ];
  return events.sort((a, b) => a.atMs - b.atMs);
};

const available = (history = steady(), events: LabEvent[] = []) =>
  availability.check(sampleRun({ plan, history, events }), limits);
const recovered = (history = steady(), events: LabEvent[] = []) =>
  recovery.check(sampleRun({ plan, history, events }), limits);

describe('availability', () => {
  test('a gap within the limit is valid, and measured', async () => {
    expect(await available()).toMatchObject({ verdict: 'valid', value: 500, limit: 1000, unit: 'ms', evidence: [] });
    expect(await available(steady(3100, 4100))).toMatchObject({ verdict: 'valid', value: 1000 });
  });

  test('a longer one is invalid, and says from when on', async () => {
    const result = await available(steady(3100, 4600));
    expect(result).toMatchObject({ verdict: 'invalid', value: 1500, limit: 1000 });
    expect(result.evidence).toEqual([
      {
        sentences: ['From 3.100 s on, no write succeeded for 1.500 s; the limit is 1.000 s.'],
        fromMs: 3100,
        toMs: 4600,
        ops: [],
      },
    ]);
  });

  test('silence at the beginning and at the end counts', async () => {
    expect(await available(steady(0, 1600))).toMatchObject({ verdict: 'invalid', value: 1600 });
    expect(await available(steady(8100, 20_000))).toMatchObject({ verdict: 'invalid', value: 1900 });
  });

  test.each([
    ['read', 5, 1500],
    ['cas', false, 1500],
    ['cas', true, 799],
  ])('a %s that returned %j: the longest gap is %d ms', async (f, result, value) => {
    const history = successes([
      ['write', 99],
      [f, 800, result],
      ['write', 1599],
    ]);
    const run = sampleRun({ plan, history, endMs: 1700 });
    expect((await availability.check(run, limits)).value).toBe(value);
  });

  test('time without a quorum does not count, but what lies before and after it does', async () => {
    expect(await available(steady(3100, 5600), alone(3200, 4700, 4700))).toMatchObject({
      verdict: 'valid',
      value: 1000,
      summary: 'Writes stopped for 1.000 s at worst, time without a quorum left out.',
    });
    // A quorum was there before the heal.
    const early = await available(steady(3100, 5600), alone(3200, 4700, 4500));
    expect(early).toMatchObject({ verdict: 'invalid', value: 1200 });
    expect(early.evidence[0]).toEqual({
      sentences: [
        'From 3.100 s on, no write succeeded for 1.200 s, time without a quorum left out; the limit is 1.000 s.',
      ],
      fromMs: 3100,
      toMs: 5600,
      ops: [],
    });
  });

  test('what is excused twice is left out once', async () => {
    const both = [...alone(3200, 4200, 4200), ...struck('s2.1', 3700, 4700)].sort((a, b) => a.atMs - b.atMs);
    expect(await available(steady(3100, 5600), both)).toMatchObject({ verdict: 'valid', value: 1000 });
  });

  test('a strike under which nothing can be asked does not count either', async () => {
    expect(await available(steady(3100, 5600), struck('s2.1', 3200, 4700))).toMatchObject({
      verdict: 'valid',
      value: 1000,
    });
    expect(await available(steady(3100, 6600), struck('s2.1', 3200, 4700))).toMatchObject({
      verdict: 'invalid',
      value: 2000,
    });
  });

  test('a strike that leaves a quorum excuses nothing', async () => {
    expect(await available(steady(3100, 5600), struck('s1.1', 3200, 4700))).toMatchObject({
      verdict: 'invalid',
      value: 2500,
    });
  });

  test('an outage that was never healed lasts to the end', async () => {
    const events = struck('s2.1', 3200, 4700).slice(0, 2);
    expect(await available(steady(3100, 20_000), events)).toMatchObject({ verdict: 'valid' });
  });

  test('where no write was tried, or the load did not end, nothing is known', async () => {
    expect((await available(successes([['read', 5]]))).verdict).toBe('unknown');
    const { events, ...rest } = sampleRun({ plan, history: steady() });
    const cutOff = events.filter((event) => event.type !== 'phase' || event.phase === 'load');
    expect((await availability.check({ ...rest, events: cutOff }, limits)).verdict).toBe('unknown');
  });

  test('where every write was tried in vain, that is the gap', async () => {
    const failing = steady().map((event) => (event.type === 'ok' ? { ...event, type: 'fail' as const } : event));
    expect(await available(failing)).toMatchObject({ verdict: 'invalid', value: 10_000 });
  });
});

describe('recovery', () => {
  test('measures from each heal to the next write, and shows the worst', async () => {
    const events = [...struck('s1.1', 1000, 2000), ...struck('s1.2', 5000, 6050)];
    expect(await recovered(steady(), events)).toMatchObject({ verdict: 'valid', value: 100, limit: 500, unit: 'ms' });
  });

  test('longer than the limit is invalid, and says since when', async () => {
    const result = await recovered(steady(900, 3100), struck('s1.1', 1000, 2000));
    expect(result).toMatchObject({ verdict: 'invalid', value: 1100, limit: 500 });
    expect(result.evidence[0]?.sentences[0]).toBe('Every fault was healed at 2.000 s.');
    expect(result.evidence[0]).toMatchObject({ fromMs: 2000, toMs: 3100 });
  });

  test('counts from when a quorum is there again, where that is after the heal', async () => {
    expect(await recovered(steady(900, 3100), alone(1000, 2000, 2700))).toMatchObject({ verdict: 'valid', value: 400 });
    const late = await recovered(steady(900, 3600), alone(1000, 2000, 2700));
    expect(late).toMatchObject({ verdict: 'invalid', value: 900 });
    expect(late.evidence[0]?.sentences[0]).toBe('A quorum was there again at 2.700 s.');
    // It was there all the time.
    expect(await recovered(steady(900, 3100), struck('s1.1', 1000, 2000))).toMatchObject({ verdict: 'invalid' });
  });

  test('is judged only in a calm spell: while another strike is on, nothing is expected', async () => {
    const overlapping = [...struck('s1.1', 1000, 2000), ...struck('s1.2', 1500, 4000)].sort((a, b) => a.atMs - b.atMs);
    expect(await recovered(steady(900, 4100), overlapping)).toMatchObject({ verdict: 'valid', value: 100 });
  });

  test('a calm spell that is too short to tell is left out', async () => {
    const events = [...struck('s1.1', 1000, 2000), ...struck('s1.2', 2400, 4000)];
    expect(await recovered(steady(900, 4100), events)).toMatchObject({ verdict: 'valid', value: 100 });
  });

  test('a calm spell that was long enough counts, though a strike ended it', async () => {
    const events = [...struck('s1.1', 1000, 2000), ...struck('s1.2', 2600, 4000)];
    expect(await recovered(steady(900, 4100), events)).toMatchObject({ verdict: 'invalid', value: 600 });
  });

  test('a cluster that did not come to rest is invalid, with the reason', async () => {
    const run = sampleRun({ plan, history: steady() });
    const events = run.events.map(
      (event): LabEvent =>
        event.type === 'settled' ? { atMs: event.atMs, type: 'stalled', why: 'n2 did not run' } : event,
    );
    const result = await recovery.check({ ...run, events }, limits);
    expect(result.verdict).toBe('invalid');
    expect(result.evidence[0]?.sentences).toEqual(['The cluster did not settle: n2 did not run.']);
  });

  test('without any strike only the rest counts', async () => {
    expect(await recovered()).toMatchObject({ verdict: 'valid' });
    expect(await recovered()).not.toHaveProperty('value');
  });

  test('a run that never got as far as to settle proves nothing', async () => {
    const run = sampleRun({ plan, history: steady(), events: struck('s1.1', 1000, 2000) });
    const events = run.events.filter(({ type }) => type !== 'settled');
    expect((await recovery.check({ ...run, events }, limits)).verdict).toBe('unknown');
  });
});
