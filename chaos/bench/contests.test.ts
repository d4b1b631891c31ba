import { describe, expect, it } from 'vitest';
import { contestPoints, driversOf, isMet, peerNames, ratiosOf, samePoint } from './contests.ts';
import type { BenchPlan, BenchPoint, LatencyRecord, Measurement, Ratio } from './contracts.ts';

const plan: BenchPlan = {
  ...{
    schemaVersion: 2,
    seed: 1,
    on: 'local',
    protocols: ['raft'],
    beside: null,
    nodes: 3,
    storages: [],
    modes: [],
    rounds: 3,
  },
  peers: ['etcd'],
  ...{ settings: { records: 10, valueBytes: 16 }, warmupMs: 1, durationMs: 1000, checkedKeys: 0 },
  points: contestPoints('raft', 'etcd'),
};

const closed = { kind: 'closed' } as const;
const ourPuts: BenchPoint = { system: 'raft', driver: 'streams', workload: 'put', clients: 1000, loop: closed };
const theirPuts: BenchPoint = { ...ourPuts, system: 'etcd', driver: 'etcd-put' };
const ourPut: BenchPoint = { ...ourPuts, clients: 1 };
const theirPut: BenchPoint = { ...theirPuts, clients: 1 };

/** What a point did in a round: a rate, and a p50 in milliseconds; null where nothing was acknowledged. */
function measured(point: BenchPoint, round: number, opsPerSecond: number, p50: number | null = 1): Measurement {
  const latency = { p50: p50 ?? 0, p90: 90, p99: 99, p999: 999, max: 1000, mean: 50 };
  const all: LatencyRecord = { corrected: { ...latency, p50: 77 }, raw: latency, histogram: '' };
  return {
    ...{ point, round, opsPerSecond, replicas: [], generatorCpuPercent: 0 },
    load: {
      ...{ durationMs: 1000, ok: opsPerSecond, failed: 0, unknown: 0, perSecond: [], cpuSeconds: 0 },
      latency: p50 === null ? {} : { all },
    },
    perOperation: {
      ...{ cpuMicroseconds: 0, syncs: null, messages: null, bytes: null },
      ...{ signatures: null, verifications: null },
    },
    operationsPerBatch: null,
  };
}

const rates = (point: BenchPoint, values: readonly number[]) =>
  values.map((value, round) => measured(point, round, value));
const times = (point: BenchPoint, values: readonly (number | null)[]) =>
  values.map((value, round) => measured(point, round, value === null ? 0 : 100, value));

async function ratioOf(name: string, measurements: readonly Measurement[], of = plan): Promise<Ratio> {
  const ratio = (await ratiosOf(of, measurements)).find((each) => each.name === name);
  if (ratio === undefined) throw new Error(`there is no ratio of ${name}`);
  return ratio;
}

const puts = 'puts/s, 1,000 clients';
const onePut = 'p50 of a put, one client';

describe('the points of the contests', () => {
  it('have ours beside theirs', () => {
    expect(peerNames).toEqual(['etcd']);
    expect(driversOf('etcd')).toEqual(['etcd-put', 'etcd-txn']);
    expect(plan.points).toHaveLength(10);
    expect(plan.points.map(({ system }) => system).join(' ')).toBe(Array(5).fill('raft etcd').join(' '));
    expect(plan.points.slice(0, 4)).toEqual([
      ourPuts,
      theirPuts,
      ourPuts,
      { ...theirPuts, driver: 'etcd-txn', clients: 32 },
    ]);
    expect(contestPoints('raft', 'nobody')).toEqual([]);
  });

  it('are the same in all that they say, whatever the order', () => {
    const { loop, clients, ...rest } = ourPuts;
    expect(samePoint(ourPuts, { clients, loop: { ...loop }, ...rest })).toBe(true);
    const open = (ratePerSecond: number): BenchPoint => ({ ...ourPuts, loop: { kind: 'open', ratePerSecond } });
    const others = [ourPut, theirPuts, { ...ourPuts, workload: 'read' }, { ...ourPuts, driver: 'unary' }, open(5)];
    for (const other of others) expect(samePoint(ourPuts, other)).toBe(false);
    expect(samePoint(open(5), open(5))).toBe(true);
    expect(samePoint(open(5), open(6))).toBe(false);
  });
});

describe('a ratio', () => {
  it('is the median of the ratios of the rounds, not the ratio of the medians', async () => {
    const ratio = await ratioOf(puts, [...rates(ourPuts, [100, 400, 900]), ...rates(theirPuts, [100, 50, 300])]);
    expect(ratio).toMatchObject({ ratio: 3, min: 1, max: 8, better: 'more', unit: 'ops/s', required: 5, aim: 7 });
    expect(ratio.ours).toMatchObject({ system: 'raft', driver: 'streams', value: 400 });
    expect(ratio.theirs).toMatchObject({ system: 'etcd', driver: 'etcd-put', value: 100 });
    for (const { batching } of [ratio.ours, ratio.theirs]) expect(batching).toMatch(/operation/);
    expect(ratio.ours.batching).not.toBe(ratio.theirs.batching);
  });

  it('of an even number of rounds lies between the two in the middle', async () => {
    const ratio = await ratioOf(puts, [...rates(ourPuts, [1, 2, 4, 9]), ...rates(theirPuts, [1, 1, 1, 1])]);
    expect(ratio).toMatchObject({ ratio: 3, min: 1, max: 9 });
    expect(ratio.ours.value).toBe(3);
  });

  it('of times compares what was measured, not what was corrected', async () => {
    const ratio = await ratioOf(onePut, [...times(ourPut, [0.5, 0.6, 0.9]), ...times(theirPut, [1, 1, 1])]);
    expect(ratio).toMatchObject({ ratio: 0.6, min: 0.5, max: 0.9, better: 'less', unit: 'ms', required: 1 });
    expect(ratio.theirs.value).toBe(1);
  });

  it('compares rounds by their number, in whatever order they come, and leaves out what one side lacks', async () => {
    const ours = rates(ourPuts, [10, 20, 40]).reverse();
    const theirs = rates(theirPuts, [1, 1000, 1]).filter(({ round }) => round !== 1);
    expect(await ratioOf(puts, [...ours, ...theirs])).toMatchObject({ ratio: 25, min: 10, max: 40 });
  });

  it('leaves out a round in which they did nothing, but none in which we did', async () => {
    const none = await ratioOf(puts, [...rates(ourPuts, [5, 5, 0]), ...rates(theirPuts, [0, 1, 1])]);
    expect(none).toMatchObject({ ratio: 2.5, min: 0, max: 5 });
    const times3 = await ratioOf(onePut, [...times(ourPut, [1, null, null]), ...times(theirPut, [null, 1, 1])]);
    expect(times3.ratio).toBe(Number.POSITIVE_INFINITY);
    expect(isMet(times3)).toBe(false);
  });

  it('that no round tells is no number, and not met', async () => {
    for (const [name, ours, theirs] of [
      [puts, rates(ourPuts, [9, 9]), rates(theirPuts, [0, 0])],
      [onePut, times(ourPut, [null]), times(theirPut, [null])],
    ] as const) {
      const ratio = await ratioOf(name, [...ours, ...theirs]);
      expect(ratio).toMatchObject({ ratio: Number.NaN, min: Number.NaN, max: Number.NaN });
      expect(isMet(ratio)).toBe(false);
    }
  });

  it('is there only where both sides were measured, and for a peer of the plan', async () => {
    const ours = rates(ourPuts, [9, 9, 9]);
    expect(await ratiosOf(plan, ours)).toEqual([]);
    expect(await ratiosOf({ ...plan, peers: [] }, [...ours, ...rates(theirPuts, [1, 1, 1])])).toEqual([]);
    expect(await ratiosOf(plan, [...ours, ...rates(theirPuts, [1, 1, 1])])).toHaveLength(1);
  });
});

describe('storage engines side by side', () => {
  const point = (system: string, clients: number): BenchPoint => ({ ...ourPuts, system, clients });
  const systems = ['raft-sqlite', 'raft-wal', 'raft-lmdb'];
  const points = [64, 1000].flatMap((clients) => systems.map((system) => point(system, clients)));
  const beside: BenchPlan = { ...plan, peers: [], storages: ['sqlite', 'wal', 'lmdb'], points };

  it('are each compared with the write-ahead log under the same load, and nothing is required', async () => {
    const measurements = points.flatMap((each) =>
      rates(each, each.system === 'raft-wal' ? [10, 20, 40] : each.system === 'raft-lmdb' ? [5, 20, 80] : [1, 1, 1]),
    );
    const ratios = await ratiosOf(beside, measurements);
    expect(ratios.map(({ name, ratio, min, max }) => [name, ratio, min, max])).toEqual([
      ['put in sqlite, 64 clients', 0.05, 0.025, 0.1],
      ['put in lmdb, 64 clients', 1, 0.5, 2],
      ['put in sqlite, 1,000 clients', 0.05, 0.025, 0.1],
      ['put in lmdb, 1,000 clients', 1, 0.5, 2],
    ]);
    for (const ratio of ratios) {
      expect(ratio).toMatchObject({ unit: 'ops/s', required: null, aim: null, theirs: { system: 'raft-wal' } });
    }
    expect(ratios[1]?.ours).toMatchObject({ system: 'raft-lmdb', driver: 'streams', value: 20 });
  });

  it('are not compared under a rate that was given, nor where the write-ahead log is not among them', async () => {
    const open = points.map((each): BenchPoint => ({ ...each, loop: { kind: 'open', ratePerSecond: 9 } }));
    const measured = [...points, ...open].flatMap((each) => rates(each, [9]));
    expect(await ratiosOf({ ...beside, points: open }, measured)).toEqual([]);
    expect(await ratiosOf({ ...beside, storages: ['sqlite', 'lmdb'] }, measured)).toEqual([]);
  });

  it('leave the one of a plan to be compared with a peer', async () => {
    const ours = { ...ourPuts, system: 'raft-lmdb' };
    const measured = [...rates(ours, [50]), ...rates(theirPuts, [10])];
    const [ratio] = await ratiosOf({ ...plan, storages: ['lmdb'] }, measured);
    expect(ratio).toMatchObject({ name: puts, ratio: 5, ours: { system: 'raft-lmdb' }, theirs: { system: 'etcd' } });
  });
});

describe('protocols side by side', () => {
  const point = (system: string, clients: number, change: Partial<BenchPoint> = {}): BenchPoint => {
    return { ...ourPuts, system, clients, ...change };
  };
  const both = (clients: number, change: Partial<BenchPoint> = {}) =>
    ['multi-paxos', 'raft'].map((system) => point(system, clients, change));
  const beside = (points: readonly BenchPoint[], change: Partial<BenchPlan> = {}): BenchPlan => {
    return { ...plan, peers: [], protocols: ['multi-paxos', 'raft'], beside: 'raft', points, ...change };
  };
  const namesOf = (ratios: readonly Ratio[]) => ratios.map(({ name }) => name);
  const oneRound = (points: readonly BenchPoint[]) => points.flatMap((each) => rates(each, [10]));

  it('are compared round by round under the same load, the heaviest first, and by the latency of one client', async () => {
    const points = [
      ...both(1),
      ...both(1000),
      ...both(1000, { workload: 'read' }),
      ...both(64, { workload: 'ycsb-a' }),
    ];
    const measurements = points.flatMap((each) => {
      const paxos = each.system === 'multi-paxos';
      return [10, 20, 40].map((rate, round) => measured(each, round, paxos ? rate * (0.8 + round / 10) : rate, 2));
    });
    const ratios = await ratiosOf(beside(points), measurements);
    expect(namesOf(ratios)).toEqual([
      ...['puts/s by multi-paxos, 1,000 clients', 'reads/s by multi-paxos, 1,000 clients'],
      ...['ycsb-a ops/s by multi-paxos, 64 clients', 'puts/s by multi-paxos, 1 client'],
      'p50 of puts by multi-paxos, 1 client',
    ]);
    for (const ratio of ratios.slice(0, -1)) expect(ratio).toMatchObject({ unit: 'ops/s', better: 'more', ratio: 0.9 });
    expect(ratios[0]).toMatchObject({ min: 0.8, max: 1, required: 0.85, aim: null });
    expect(ratios[0]?.ours).toMatchObject({ system: 'multi-paxos', driver: 'streams', value: 18 });
    expect(ratios[0]?.theirs).toMatchObject({ system: 'raft', driver: 'streams', value: 20 });
    expect(ratios.at(-1)).toMatchObject({ unit: 'ms', better: 'less', ratio: 1, required: 1 / 0.85 });
  });

  it.each([
    ['puts/s by multi-paxos, 1 client', 0.85, 1, true],
    ['puts/s by multi-paxos, 1 client', 0.849, 1, false],
    ['p50 of puts by multi-paxos, 1 client', 1, 1.176, true],
    ['p50 of puts by multi-paxos, 1 client', 1, 1.177, false],
  ] as const)('%s: with %d of the rate and %d of the latency, met: %s', async (name, rate, p50, met) => {
    const measurements = [measured(point('multi-paxos', 1), 0, 1000 * rate, p50), measured(point('raft', 1), 0, 1000)];
    expect(isMet(await ratioOf(name, measurements, beside(both(1))))).toBe(met);
  });

  it('require nothing of a protocol that has no bound, nor beside another than raft', async () => {
    const turned = beside(both(1), { beside: 'multi-paxos' });
    const others = ['some-paxos', 'raft'].map((system) => point(system, 1));
    for (const [own, points, of] of [
      ['raft', both(1), turned],
      ['some-paxos', others, beside(others, { protocols: ['some-paxos', 'raft'] })],
    ] as const) {
      const ratios = await ratiosOf(of, oneRound(points));
      expect(ratios.map(({ ours, required }) => [ours.system, required])).toEqual([
        [own, null],
        [own, null],
      ]);
      expect(ratios.every(isMet)).toBe(true);
    }
  });

  it('are each compared with the one beside them, in the storage that was asked for', async () => {
    const systems = ['multi-paxos-lmdb', 'raft-lmdb', 'some-paxos-lmdb'];
    const points = systems.map((system) => point(system, 64));
    const change = { protocols: ['multi-paxos', 'raft', 'some-paxos'], storages: ['lmdb'] };
    const ratios = await ratiosOf(beside(points, change), oneRound(points));
    expect(ratios.map(({ ours, theirs }) => [ours.system, theirs.system])).toEqual([
      ['multi-paxos-lmdb', 'raft-lmdb'],
      ['some-paxos-lmdb', 'raft-lmdb'],
    ]);
    expect(namesOf(ratios)[0]).toBe('puts/s by multi-paxos, 64 clients');
  });

  it('go by their modes where several were asked for, each beside the other protocol in its usual one', async () => {
    const systems = ['multi-paxos-plain', 'multi-paxos-fancy', 'raft'];
    const points = systems.map((system) => point(system, 64));
    const ratios = await ratiosOf(beside(points, { modes: ['plain', 'fancy'] }), oneRound(points));
    expect(ratios.map(({ name, ours, theirs }) => [name, ours.system, theirs.system])).toEqual([
      ['puts/s by multi-paxos-plain, 64 clients', 'multi-paxos-plain', 'raft'],
      ['puts/s by multi-paxos-fancy, 64 clients', 'multi-paxos-fancy', 'raft'],
    ]);
  });

  it('of one protocol are its modes, each beside the first that was named', async () => {
    const points = ['raft-plain', 'raft-fancy', 'raft-other'].map((system) => point(system, 64));
    const change = { protocols: ['raft'], beside: null, modes: ['plain', 'fancy', 'other'] };
    const ratios = await ratiosOf(beside(points, change), oneRound(points));
    expect(ratios.map(({ name, ours, theirs }) => [name, ours.system, theirs.system])).toEqual([
      ['puts/s by raft-fancy, 64 clients', 'raft-fancy', 'raft-plain'],
      ['puts/s by raft-other, 64 clients', 'raft-other', 'raft-plain'],
    ]);
    expect(await ratiosOf(beside(points, { ...change, modes: ['plain'] }), oneRound(points))).toEqual([]);
  });

  it('say which driver carried them where there are several', async () => {
    const points = [...both(64), ...both(64, { driver: 'unary' })];
    const ratios = await ratiosOf(beside(points), oneRound(points));
    expect(namesOf(ratios)).toEqual([
      'puts/s by multi-paxos over streams, 64 clients',
      'puts/s by multi-paxos over unary, 64 clients',
    ]);
    for (const { ours, theirs } of ratios) expect(ours.driver).toBe(theirs.driver);
  });

  it('are not compared under a rate that was given, nor where nothing stands beside them', async () => {
    const open = both(64, { loop: { kind: 'open', ratePerSecond: 9 } });
    expect(await ratiosOf(beside(open), oneRound(open))).toEqual([]);
    expect(await ratiosOf(beside(both(64), { beside: null }), oneRound(both(64)))).toEqual([]);
  });
});

describe('a requirement', () => {
  const base: Omit<Ratio, 'ratio' | 'better' | 'required'> = {
    ...{ name: 'any', unit: 'ops/s', min: 0, max: 9, aim: null },
    ours: { system: 'raft', driver: 'streams', value: 1, batching: '' },
    theirs: { system: 'etcd', driver: 'etcd-put', value: 1, batching: '' },
  };

  it.each([
    ['more', 5, 5, true],
    ['more', 4.99, 5, false],
    ['less', 1, 1, true],
    ['less', 1.01, 1, false],
    ['more', 0, null, true],
    ['less', 99, null, true],
  ] as const)('%s is better, ratio %d, required %d: %s', (better, ratio, required, met) => {
    expect(isMet({ ...base, better, ratio, required })).toBe(met);
  });
});
