/** Carrying out a schedule, with the simulator as the cluster. */
import { describe, expect, test } from 'vitest';
import type { NodeId } from '../node/contract/ids.ts';
import { loadFault, loadTarget, loadWorkload } from './catalog.ts';
import type { LabEvent, LabFact } from './contracts/events.ts';
import type { Fault, Target } from './contracts/faults.ts';
import type { PlannedStrike } from './contracts/plan.ts';
import type { Parts } from './parts.ts';
import { randomFor } from './random.ts';
import { samplePlan, sampleStrike } from './sample-plan.ts';
import { runStrikes } from './strikes.ts';
import { simSubstrate } from './substrate/sim/index.ts';

interface Options {
  readonly faults?: Readonly<Record<string, Fault<unknown>>>;
  readonly targets?: Readonly<Record<string, Target>>;
  /** Ends the strikes at this time. */
  readonly abortMs?: number;
  readonly durationMs?: number;
}

const bootMs = 3000;

/** Runs strikes on three replicas that have a leader; time zero is when the strikes begin. */
async function strikeWith(strikes: readonly PlannedStrike[], options: Options = {}) {
  const plan = samplePlan({ network: { unruly: false } }, { strikes, durationMs: options.durationMs ?? 20_000 });
  const events: LabEvent[] = [];
  const listeners = new Set<(event: LabEvent) => void>();
  const relative = (atMs: number) => Math.round((atMs - bootMs) * 1000) / 1000;
  const add = (atMs: number, fact: LabFact) => {
    const event: LabEvent = { atMs: relative(atMs), ...fact };
    events.push(event);
    for (const listener of listeners) listener(event);
  };
  const cluster = await simSubstrate.boot(plan, add);
  await cluster.clock.sleep(bootMs);
  const faults = new Map<string, Fault<unknown>>(Object.entries(options.faults ?? {}));
  const targets = new Map<string, Target>(Object.entries(options.targets ?? {}));
  for (const { fault, target } of strikes) {
    if (!faults.has(fault)) faults.set(fault, await loadFault(fault));
    if (!plan.nodes.includes(target) && !targets.has(target)) targets.set(target, await loadTarget(target));
  }
  const parts: Parts = {
    workload: await loadWorkload('register'),
    tolerated: 1,
    fault: (name) => faults.get(name) as Fault<unknown>,
    target: (name) => targets.get(name),
  };
  const over = new AbortController();
  if (options.abortMs !== undefined) cluster.clock.after(options.abortMs, () => over.abort());
  const watch = cluster.clock.sleep(plan.durationMs);
  await runStrikes({
    plan,
    parts,
    cluster,
    tolerated: 1,
    random: randomFor(1, 'targets'),
    relative,
    note: (fact) => add(cluster.clock.now(), fact),
    listen: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    signal: over.signal,
  });
  const endedMs = relative(cluster.clock.now());
  await watch;
  return { events, cluster, endedMs, listeners };
}

type Course = [type: string, atMs: number];
const courseOf = (events: readonly LabEvent[], strike: string): Course[] =>
  events.flatMap((event): Course[] =>
    'strike' in event && event.strike === strike && !event.type.startsWith('link-') ? [[event.type, event.atMs]] : [],
  );
const struckNodes = (events: readonly LabEvent[]): NodeId[][] =>
  events.flatMap((event) => (event.type === 'strike' ? [[...event.nodes]] : []));

describe('a strike', () => {
  test('begins at its time, lasts as long as it should, and is healed', async () => {
    const { events, endedMs, listeners } = await strikeWith([
      sampleStrike({ trigger: { atMs: 1000 }, durationMs: 750 }),
    ]);
    expect(courseOf(events, 's1.1')).toEqual([
      ['strike', 1000],
      ['struck', 1000],
      ['heal', 1750],
      ['healed', 1750],
    ]);
    const process = events.filter((event) => event.atMs >= 1000 && 'node' in event && event.type.startsWith('node-'));
    expect(process.map(({ type, atMs }) => [type, atMs])).toEqual([
      ['node-down', 1000],
      ['node-up', 1750],
    ]);
    expect(endedMs).toBe(1750);
    expect(listeners.size).toBe(0);
  });

  test('tells which links it touches', async () => {
    const { events } = await strikeWith([sampleStrike({ fault: 'cut', target: 'n2' })]);
    const strike = events.find((event) => event.type === 'strike');
    expect(strike).toMatchObject({ nodes: ['n2'], target: 'n2', fault: 'cut' });
    expect(strike?.links).toHaveLength(4);
    expect(events.some((event) => event.type === 'link-dropped' && event.strike === 's1.1')).toBe(true);
  });

  test('several overlap, and each is healed by itself', async () => {
    const { events } = await strikeWith([
      sampleStrike({ id: 's1.1', trigger: { atMs: 1000 }, durationMs: 3000, target: 'n1', fault: 'pause' }),
      sampleStrike({ id: 's2.1', trigger: { atMs: 2000 }, durationMs: 500, target: 'n2', fault: 'latency' }),
    ]);
    expect(courseOf(events, 's1.1').map(([, atMs]) => atMs)).toEqual([1000, 1000, 4000, 4000]);
    expect(courseOf(events, 's2.1').map(([, atMs]) => atMs)).toEqual([2000, 2000, 2500, 2500]);
  });

  test('takes its target when it begins: the one that leads then', async () => {
    const strikes = [1000, 5000].map((atMs, at) =>
      sampleStrike({ id: `s1.${at + 1}`, trigger: { atMs }, durationMs: 3500, target: 'leader' }),
    );
    const { events } = await strikeWith(strikes);
    const [[first] = [], [second] = []] = struckNodes(events);
    expect(first).toMatch(/^n\d$/);
    expect(second).toMatch(/^n\d$/);
    const leads = events.filter((event) => event.type === 'role' && event.role === 'leader');
    expect(leads.filter(({ atMs }) => atMs < 1000).at(-1)).toMatchObject({ node: first });
    expect(leads.filter(({ atMs }) => atMs < 5000).at(-1)).toMatchObject({ node: second });
    expect(second).not.toBe(first);
  });

  test('`next` goes round, over all strikes', async () => {
    const strikes = [1000, 4000, 7000, 10_000].map((atMs, at) =>
      sampleStrike({ id: `s1.${at + 1}`, trigger: { atMs }, durationMs: 500, target: 'next', fault: 'pause' }),
    );
    const { events } = await strikeWith(strikes);
    expect(struckNodes(events)).toEqual([['n1'], ['n2'], ['n3'], ['n1']]);
  });
});

describe('no target', () => {
  test('looks again for a while, and finds a leader that is elected meanwhile', async () => {
    const { events } = await strikeWith([
      sampleStrike({ id: 's1.1', trigger: { atMs: 1000 }, durationMs: 100, target: 'all' }),
      sampleStrike({ id: 's2.1', trigger: { atMs: 1050 }, durationMs: 100, target: 'leader' }),
    ]);
    const [begun] = courseOf(events, 's2.1');
    expect(begun?.[0]).toBe('strike');
    expect(begun?.[1]).toBeGreaterThan(1300);
    expect(begun?.[1]).toBeLessThan(3100);
  });

  test('is skipped, with the reason, where there is none for long', async () => {
    const { events } = await strikeWith([
      sampleStrike({ id: 's1.1', trigger: { atMs: 1000 }, durationMs: 5000, target: 'all' }),
      sampleStrike({ id: 's2.1', trigger: { atMs: 1500 }, durationMs: 100, target: 'leader' }),
    ]);
    const skipped = events.filter((event) => event.type === 'strike-skipped');
    expect(skipped).toEqual([
      { atMs: expect.any(Number), type: 'strike-skipped', strike: 's2.1', why: 'there was no leader to strike' },
    ]);
    expect(skipped[0]?.atMs).toBeGreaterThanOrEqual(3500);
    expect(skipped[0]?.atMs).toBeLessThan(3600);
    expect(courseOf(events, 's1.1').map(([type]) => type)).toEqual(['strike', 'struck', 'heal', 'healed']);
  });
});

describe('set off by an event', () => {
  const crashLeader = (id: string, notBeforeMs: number, afterMs = 0) =>
    sampleStrike({ id, trigger: { on: 'leader-elected', notBeforeMs, afterMs }, durationMs: 1000, target: 'leader' });

  test('begins so long after it, and not before its earliest time', async () => {
    const { events } = await strikeWith([
      sampleStrike({ id: 's1.1', trigger: { atMs: 1000 }, durationMs: 300, target: 'leader' }),
      crashLeader('s2.1', 500, 40),
    ]);
    const elected = events.find((event) => event.atMs > 1000 && event.type === 'role' && event.role === 'leader');
    const [begun] = courseOf(events, 's2.1');
    expect(begun?.[1]).toBeCloseTo((elected?.atMs ?? Number.NaN) + 40, 1);
  });

  test('each event sets off one strike: the one that has waited longest', async () => {
    const { events } = await strikeWith([
      sampleStrike({ id: 's1.1', trigger: { atMs: 2000 }, durationMs: 300, target: 'leader' }),
      crashLeader('s2.1', 900, 5),
      crashLeader('s2.2', 400, 5),
    ]);
    const begun = (strike: string) => courseOf(events, strike)[0]?.[1] ?? Number.NaN;
    expect(begun('s2.2')).toBeGreaterThan(2000);
    expect(begun('s2.1')).toBeGreaterThan(begun('s2.2') + 100);
  });

  test('is skipped where its event does not come before the load ends', async () => {
    const { events } = await strikeWith([crashLeader('s1.1', 1000)], { durationMs: 6000 });
    expect(events.filter((event) => event.type === 'strike-skipped')).toEqual([
      { atMs: 6000, type: 'strike-skipped', strike: 's1.1', why: 'its event did not come' },
    ]);
  });
});

describe('when something breaks', () => {
  const broken = (change: Partial<Fault<unknown>>): Fault<unknown> => ({
    summary: 'breaks',
    needs: [],
    parse: () => ({}),
    links: () => [],
    strike: async () => async () => {},
    bit: () => true,
    ...change,
  });

  test('a strike that fails is noted, has no heal, and the others go on', async () => {
    const faults = { broken: broken({ strike: () => Promise.reject(new Error('no such container')) }) };
    const strikes = [
      sampleStrike({ id: 's1.1', fault: 'broken', trigger: { atMs: 500 } }),
      sampleStrike({ id: 's2.1', trigger: { atMs: 1000 } }),
    ];
    const { events } = await strikeWith(strikes, { faults });
    expect(courseOf(events, 's1.1').map(([type]) => type)).toEqual(['strike', 'strike-failed']);
    expect(events.find((event) => event.type === 'strike-failed')).toMatchObject({ error: 'no such container' });
    expect(courseOf(events, 's2.1')).toHaveLength(4);
  });

  test('a heal that fails is noted', async () => {
    const faults = { broken: broken({ strike: async () => () => Promise.reject(new Error('gone')) }) };
    const { events } = await strikeWith([sampleStrike({ fault: 'broken' })], { faults });
    expect(courseOf(events, 's1.1').map(([type]) => type)).toEqual(['strike', 'struck', 'heal', 'strike-failed']);
    expect(events.find((event) => event.type === 'strike-failed')).toMatchObject({
      error: expect.stringContaining('gone'),
    });
  });

  test('cut short, what is struck is healed at once, and nothing more begins', async () => {
    const { events, cluster, endedMs } = await strikeWith(
      [
        sampleStrike({ id: 's1.1', trigger: { atMs: 1000 }, durationMs: 9000 }),
        sampleStrike({ id: 's2.1', trigger: { atMs: 2000 }, durationMs: 1000, target: 'n2' }),
        sampleStrike({ id: 's3.1', trigger: { on: 'leader-elected', notBeforeMs: 0, afterMs: 0 }, target: 'n2' }),
      ],
      { abortMs: 1500 },
    );
    expect(courseOf(events, 's1.1').slice(2)).toEqual([
      ['heal', 1500],
      ['healed', 1500],
    ]);
    expect(courseOf(events, 's2.1')).toEqual([]);
    expect(courseOf(events, 's3.1')).toEqual([]);
    expect(endedMs).toBe(1500);
    expect(cluster.nodes.map((node) => cluster.status(node).state)).toEqual(['up', 'up', 'up']);
  });
});
