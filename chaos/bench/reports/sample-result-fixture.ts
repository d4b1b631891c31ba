/** A result as a benchmark leaves it: our replicas by two drivers beside etcd by two, in three rounds. For tests. */
import type { BenchPoint, BenchResult, Latency, LatencyRecord, Loop, Measurement, ReplicaCost } from '../contracts.ts';
import { sampleRatios } from './sample-ratios-fixture.ts';

/** Text that does harm wherever it is not escaped: to a page, to Markdown, to a terminal. */
export const hostile = `3.4.23</script><script>alert("1")</script><img src=x onerror='alert(2)'> | *_\`$\u2028\u001b[31m&`;

/** How a line behaves: its capacity, the latency of one operation alone, and what an operation costs. */
interface Character {
  readonly system: string;
  readonly driver: string;
  readonly capacity: number;
  readonly aloneMs: number;
  readonly cpuMicroseconds: number;
  readonly syncs: number | null;
  readonly messages: number | null;
  readonly bytes: number | null;
}

const characters: readonly Character[] = [
  {
    system: 'raft',
    driver: 'streams',
    capacity: 136_000,
    aloneMs: 0.42,
    cpuMicroseconds: 9.1,
    syncs: 0.0092,
    messages: 0.031,
    bytes: 496,
  },
  {
    system: 'raft',
    driver: 'unary',
    capacity: 38_500,
    aloneMs: 0.61,
    cpuMicroseconds: 34,
    syncs: 0.024,
    messages: 0.088,
    bytes: 540,
  },
  {
    system: 'etcd',
    driver: 'etcd-put',
    capacity: 18_600,
    aloneMs: 0.88,
    cpuMicroseconds: 71,
    syncs: 0.11,
    messages: null,
    bytes: 1180,
  },
  {
    system: 'etcd',
    driver: 'etcd-txn',
    capacity: 43_000,
    aloneMs: 1.9,
    cpuMicroseconds: 30.5,
    syncs: 0.052,
    messages: null,
    bytes: null,
  },
];

const rounds = [0, 1, 2];
const seconds = 10;
/** What a round is off from the others. */
const drift = [1, 0.962, 1.031];

function quantiles(p50: number): Latency {
  return { p50, p90: p50 * 1.4, p99: p50 * 2.3, p999: p50 * 5.2, max: p50 * 14 + 3, mean: p50 * 1.1 };
}

function latencyRecord(p50: number): LatencyRecord {
  const raw = quantiles(p50 * 0.97);
  return {
    corrected: quantiles(p50),
    raw: { ...raw, p999: raw.p999 * 0.7 },
    histogram: 'HISTFAAAACR42pNpmSzMwMBgxgABjFDaDA==',
  };
}

function replicas(system: string, round: number, cpuPercent: number): ReplicaCost[] {
  const leader = system === 'etcd' && round === 2 ? 2 : 1;
  return [1, 2, 3].map((number) => ({
    node: system === 'etcd' ? `etcd${number}` : `n${number}`,
    leads: number === leader,
    cpuPercent: cpuPercent * (number === leader ? 0.52 : 0.24),
    memoryBytes: (number === leader ? 168 : 121) * 2 ** 20,
  }));
}

function perSecond(rate: number, round: number): number[] {
  return Array.from({ length: seconds }, (_, second) => {
    const stalled = round === 1 && second === 6;
    return Math.round(rate * (1 + 0.03 * Math.sin(second * 1.7 + round)) * (stalled ? 0.34 : 1));
  });
}

function measurement(character: Character, point: BenchPoint, round: number): Measurement {
  const reading = point.workload === 'ycsb-b' ? 1.35 : 1;
  const offered = point.loop.kind === 'open' ? point.loop.ratePerSecond : (point.clients * 1000) / character.aloneMs;
  const capacity = character.capacity * reading * (drift[round] ?? 1);
  // Little's law ties the two: so many clients under way at such a rate.
  const rate = point.loop.kind === 'open' ? Math.min(offered, capacity) : (capacity * offered) / (capacity + offered);
  const p50 = point.loop.kind === 'open' ? character.aloneMs * 1.6 : (point.clients * 1000) / rate;
  const kinds = point.workload === 'ycsb-b' ? ['all', 'read', 'update'] : ['all', 'insert'];
  const ok = Math.round(rate * seconds);
  const cpuPercent = Math.min(260, (rate * character.cpuMicroseconds) / 10_000);
  return {
    point,
    round,
    opsPerSecond: rate,
    load: {
      durationMs: seconds * 1000,
      ok,
      failed: round === 2 && point.clients === 1000 ? 12 : 0,
      unknown: character.driver === 'etcd-txn' && round === 1 ? 3 : 0,
      perSecond: perSecond(rate, round),
      latency: Object.fromEntries(kinds.map((kind) => [kind, latencyRecord(kind === 'read' ? p50 * 0.6 : p50)])),
      cpuSeconds: rate * 4.1e-5,
    },
    replicas: replicas(character.system, round, cpuPercent),
    perOperation: {
      cpuMicroseconds: character.cpuMicroseconds * (drift[round] ?? 1),
      syncs: character.syncs,
      messages: character.messages,
      bytes: character.bytes,
      signatures: null,
      verifications: null,
    },
    operationsPerBatch: null,
    generatorCpuPercent: Math.min(96, rate * 0.00061),
  };
}

const closed: Loop = { kind: 'closed' };

function pointsFor(character: Character): BenchPoint[] {
  const { system, driver } = character;
  const puts = [1, 64, 256, 1000].map((clients): BenchPoint => {
    return { system, driver, workload: 'put', clients, loop: closed };
  });
  const open: BenchPoint = {
    system,
    driver,
    workload: 'put',
    clients: 256,
    loop: { kind: 'open', ratePerSecond: 10_000 },
  };
  return [...puts, open, { system, driver, workload: 'ycsb-b', clients: 64, loop: closed }];
}

/** The whole sample; `text` stands wherever a peer or a machine may say what it likes. */
export function sampleResult(text = ''): BenchResult {
  const points = characters.flatMap(pointsFor);
  const measurements = rounds.flatMap((round) =>
    characters.flatMap((character) => pointsFor(character).map((point) => measurement(character, point, round))),
  );
  return {
    schemaVersion: 1,
    startedAt: '2025-11-21T14:03:09.000Z',
    machine: {
      cpu: `AMD EPYC 7B13${text}`,
      cores: 4,
      memoryBytes: 16 * 2 ** 30,
      os: `linux 6.1.0 x64${text}`,
      node: '20.19.5',
    },
    version: '0.1.0',
    plan: {
      schemaVersion: 2,
      seed: 42,
      on: 'local',
      protocols: ['raft'],
      beside: null,
      nodes: 3,
      storages: [],
      modes: [],
      peers: ['etcd'],
      settings: { records: 10_000, valueBytes: 128 },
      points,
      rounds: rounds.length,
      warmupMs: 3000,
      durationMs: seconds * 1000,
      checkedKeys: 16,
    },
    systems: [
      { name: 'raft', version: '0.1.0' },
      { name: 'etcd', version: text === '' ? '3.4.23' : text },
    ],
    measurements,
    ratios: sampleRatios(),
    checks: [
      {
        system: 'raft',
        verdict: 'valid',
        summary: `16 keys are linearizable.${text}`,
        operations: 41_320,
        keys: 16,
        file: 'history-raft.jsonl',
      },
      {
        system: 'etcd',
        verdict: 'valid',
        summary: '16 keys are linearizable.',
        operations: 9871,
        keys: 16,
        file: 'history-etcd.jsonl',
      },
    ],
  };
}

/** The sample with other parts. */
export function sampleWith(change: Partial<BenchResult>, text = ''): BenchResult {
  return { ...sampleResult(text), ...change };
}

/** The sample without peers: nothing to compare with. */
export function aloneResult(): BenchResult {
  const sample = sampleResult();
  const ours = (point: BenchPoint) => point.system === 'raft';
  return {
    ...sample,
    plan: { ...sample.plan, peers: [], points: sample.plan.points.filter(ours) },
    systems: sample.systems.filter(({ name }) => name === 'raft'),
    measurements: sample.measurements.filter(({ point }) => ours(point)),
    ratios: [],
    checks: [],
  };
}

/** One point in one round. */
export function singleResult(): BenchResult {
  const sample = aloneResult();
  return {
    ...sample,
    plan: { ...sample.plan, points: sample.plan.points.slice(0, 1), rounds: 1 },
    measurements: sample.measurements.slice(0, 1),
  };
}

/** One point in one round, in which nothing was acknowledged and nobody told anything. */
export function barrenResult(): BenchResult {
  const single = singleResult();
  const measurements = single.measurements.map(
    (measured): Measurement => ({
      ...measured,
      opsPerSecond: 0,
      load: { ...measured.load, ok: 0, unknown: 1, perSecond: [], latency: {} },
      replicas: [],
      perOperation: {
        ...{ cpuMicroseconds: Number.NaN, syncs: null, messages: null, bytes: null },
        ...{ signatures: null, verifications: null },
      },
      operationsPerBatch: null,
      generatorCpuPercent: Number.POSITIVE_INFINITY,
    }),
  );
  return { ...single, measurements };
}
