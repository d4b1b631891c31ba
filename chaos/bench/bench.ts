/** Carries out a plan: starts the systems, fills them, measures point by point, and checks what was recorded. */
import { join } from 'node:path';
import { packageVersion } from '../../node/io/package-root.ts';
import { loadDriver } from '../catalog.ts';
import { checkHistory } from './check.ts';
import { ratiosOf } from './contests.ts';
import type {
  BenchPlan,
  BenchPoint,
  BenchResult,
  BenchSystem,
  CheckedHistory,
  LoadJob,
  Measurement,
} from './contracts.ts';
import { Generator } from './load/launch.ts';
import { thisMachine } from './machine.ts';
import { measurementOf } from './measurement.ts';
import { ownSystem } from './own-systems.ts';

/** Long enough for a machine that is busy with a thousand clients. */
const operationTimeoutMs = 20_000;
/**
 * Before the first round each workload is driven at its highest load, so many times as long as a warm-up: a compiler that
 * works while the program runs needs many seconds to learn what is hot. Peers have the same.
 */
export const rehearsalFactor = 5;
/** How many clients fill a system. */
const loadingClients = 256;

export interface BenchOptions {
  /** Where histories are written. */
  readonly folder: string;
  readonly signal: AbortSignal;
  readonly observer: BenchObserver;
  /** Starts a system by its name. */
  readonly start: (name: string) => Promise<BenchSystem>;
}

/** What is told while it runs. */
export interface BenchObserver {
  /** In a few words: `starting etcd`. */
  readonly onPhase: (what: string) => void;
  /** A point begins; `done` of `total` are over. */
  readonly onPoint: (point: BenchPoint, done: number, total: number) => void;
  readonly onProgress: (ok: number, elapsedMs: number) => void;
  readonly onMeasured: (measurement: Measurement) => void;
}

/** A system and the generator that loads it; one for all of its points, for they make one history. */
interface Station {
  readonly system: BenchSystem;
  readonly generator: Generator;
}

export async function runBench(plan: BenchPlan, options: BenchOptions): Promise<BenchResult> {
  const startedAt = new Date().toISOString();
  const stations = new Map<string, Station>();
  try {
    for (const name of new Set(plan.points.map(({ system }) => system))) {
      options.observer.onPhase(`starting ${name}`);
      const system = await options.start(name);
      stations.set(name, { system, generator: new Generator(options.signal) });
      options.observer.onPhase(`filling ${name} with ${plan.settings.records} records`);
      await fill(plan, name, stations);
    }
    await rehearse(plan, stations, options);
    const measurements = await measureAll(plan, stations, options);
    const checks = await checkAll(plan, stations, options);
    return {
      schemaVersion: 1,
      startedAt,
      machine: thisMachine(),
      version: packageVersion(),
      plan,
      systems: [...stations].map(([name, { system }]) => ({ name, version: system.version })),
      measurements,
      ratios: await ratiosOf(plan, measurements),
      checks,
    };
  } finally {
    for (const { generator } of stations.values()) generator.close();
    await Promise.all([...stations.values()].map(({ system }) => system.close()));
  }
}

function stationOf(stations: ReadonlyMap<string, Station>, name: string): Station {
  const station = stations.get(name);
  if (station === undefined) throw new Error(`${name} was not started`);
  return station;
}

/** The load phase, through whichever driver of the system carries single inserts. */
async function fill(plan: BenchPlan, name: string, stations: ReadonlyMap<string, Station>): Promise<void> {
  const station = stationOf(stations, name);
  const drivers = plan.points.filter(({ system }) => system === name).map(({ driver }) => driver);
  for (const driver of drivers) {
    const { kinds, operationsPerCall } = await loadDriver(driver);
    if (!kinds.includes('insert') || operationsPerCall !== 1) continue;
    const point: BenchPoint = {
      ...{ system: name, driver, workload: '', clients: loadingClients, loop: { kind: 'closed' } },
    };
    await station.generator.run(await jobOf(plan, point, station, 'load', plan.seed));
    return;
  }
  throw new Error(`no driver of ${name} inserts records`);
}

async function jobOf(
  plan: BenchPlan,
  point: BenchPoint,
  { system }: Station,
  phase: LoadJob['phase'],
  seed: number,
): Promise<LoadJob> {
  const leader = (await system.counters()).find(({ leads }) => leads)?.node;
  const { settings, warmupMs, durationMs, checkedKeys } = plan;
  const protocol = ownSystem(plan, point.system)?.protocol ?? point.system;
  const { driver, workload, clients, loop } = point;
  const { endpoints, clientKey } = system;
  const signing = clientKey === undefined ? {} : { clientKey };
  const base = { protocol, endpoints, ...signing, clients, timeoutMs: operationTimeoutMs };
  const driverSettings = leader === undefined ? base : { ...base, leader };
  return { driver, driverSettings, phase, workload, settings, seed, loop, warmupMs, durationMs, checkedKeys };
}

/** The highest closed load of each way to drive a system with a workload. */
export function rehearsalsOf({ points }: BenchPlan): BenchPoint[] {
  const hardest = new Map<string, BenchPoint>();
  for (const point of points) {
    const { system, driver, workload, clients, loop } = point;
    const line = [system, driver, workload].join('/');
    if (loop.kind === 'closed' && (hardest.get(line)?.clients ?? 0) < clients) hardest.set(line, point);
  }
  return [...hardest.values()];
}

async function rehearse(
  plan: BenchPlan,
  stations: ReadonlyMap<string, Station>,
  { observer }: BenchOptions,
): Promise<void> {
  const rehearsals = rehearsalsOf(plan);
  for (const [index, point] of rehearsals.entries()) {
    const { system, driver, workload } = point;
    observer.onPhase(`rehearsing ${index + 1} of ${rehearsals.length}: ${system} ${driver}, ${workload}`);
    const station = stationOf(stations, system);
    const job = await jobOf(plan, point, station, 'run', plan.seed + 1_000_000 + index);
    await station.generator.run({ ...job, warmupMs: rehearsalFactor * plan.warmupMs, durationMs: 1 });
  }
}

async function measureAll(
  plan: BenchPlan,
  stations: ReadonlyMap<string, Station>,
  { observer }: BenchOptions,
): Promise<Measurement[]> {
  const measurements: Measurement[] = [];
  const total = plan.rounds * plan.points.length;
  for (let round = 0; round < plan.rounds; round += 1) {
    for (const point of plan.points) {
      observer.onPoint(point, measurements.length, total);
      const station = stationOf(stations, point.system);
      // Each measurement draws anew, and writes values that none before it wrote.
      const seed = plan.seed + 1 + measurements.length;
      const measurement = await measure(
        await jobOf(plan, point, station, 'run', seed),
        { point, round },
        station,
        observer,
      );
      measurements.push(measurement);
      observer.onMeasured(measurement);
    }
  }
  return measurements;
}

async function measure(
  job: LoadJob,
  where: Pick<Measurement, 'point' | 'round'>,
  { system, generator }: Station,
  observer: BenchObserver,
): Promise<Measurement> {
  let before: ReturnType<BenchSystem['counters']> | undefined;
  let after: ReturnType<BenchSystem['counters']> | undefined;
  // A page that does not come is told when it is waited for, below.
  const read = () => {
    const counters = system.counters();
    counters.catch(() => {});
    return counters;
  };
  const load = await generator.run(job, {
    onMeasuring: () => {
      before = read();
    },
    onMeasured: () => {
      after = read();
    },
    onProgress: observer.onProgress,
  });
  return measurementOf(where, load, (await before) ?? [], (await after) ?? []);
}

async function checkAll(
  { checkedKeys }: BenchPlan,
  stations: ReadonlyMap<string, Station>,
  { folder, observer }: BenchOptions,
): Promise<CheckedHistory[]> {
  if (checkedKeys === 0) return [];
  const checks: CheckedHistory[] = [];
  for (const [name, { generator }] of stations) {
    observer.onPhase(`checking the history of ${name}`);
    const file = join(folder, `history-${name}.jsonl`);
    await generator.writeHistory(file);
    checks.push(await checkHistory(name, file));
  }
  return checks;
}
