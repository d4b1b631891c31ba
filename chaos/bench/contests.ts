/** Which measurements are set side by side, what one must reach of the other, and the ratios. */
import { defaultEngine } from '../../node/io/settings.ts';
import { loadDriver } from '../catalog.ts';
import { median } from '../percentiles.ts';
import { count } from '../words.ts';
import type { BenchPlan, BenchPoint, Loop, Measurement, Ratio } from './contracts.ts';
import { isOwn, type OwnSystem, ownName, ownSystem, ownSystems } from './own-systems.ts';

/** How one side is driven. */
interface Side {
  readonly driver: string;
  readonly workload: string;
  /** Where it differs from the other's. */
  readonly clients?: number;
}

interface Contest {
  readonly what: string;
  readonly unit: Ratio['unit'];
  readonly ours: Side;
  readonly theirs: Side;
  readonly clients: number;
  readonly required: number | null;
  readonly aim: number | null;
}

const closed: Loop = { kind: 'closed' };

/** Against each peer. The bounds are those that this project holds itself to, on a machine of two cores. */
const contestsOf: Readonly<Record<string, readonly Contest[]>> = {
  etcd: [
    contest('puts/s, 1,000 clients', 'ops/s', ['streams', 'put'], ['etcd-put', 'put'], 1000, 5, 7),
    contest('puts/s against transactions of 100', 'ops/s', ['streams', 'put'], ['etcd-txn', 'put', 32], 1000, 2, 3),
    contest('puts/s, one unary call each, 1,000 clients', 'ops/s', ['unary', 'put'], ['etcd-put', 'put'], 1000, 1, 2),
    contest('p50 of a put, one client', 'ms', ['streams', 'put'], ['etcd-put', 'put'], 1, 1, 0.85),
    contest('linearizable reads/s, 1,000 clients', 'ops/s', ['streams', 'read'], ['etcd-put', 'read'], 1000, 3, null),
  ],
};

/**
 * What a protocol must reach of the rate of another: a name, then that of the other. Its median latency may be longer by as
 * much. Of pairs that are not here nothing is required.
 */
const requiredShares: Readonly<Record<string, Readonly<Record<string, number>>>> = { 'multi-paxos': { raft: 0.85 } };

function contest(
  what: string,
  unit: Ratio['unit'],
  [driver, workload]: readonly [string, string],
  [theirDriver, theirWorkload, theirClients]: readonly [string, string, number?],
  clients: number,
  required: number,
  aim: number | null,
): Contest {
  const theirs = { driver: theirDriver, workload: theirWorkload };
  return {
    what,
    unit,
    ours: { driver, workload },
    theirs: theirClients === undefined ? theirs : { ...theirs, clients: theirClients },
    clients,
    required,
    aim,
  };
}

/** The peers that can be measured. */
export const peerNames = Object.keys(contestsOf);

function pointOf(system: string, { driver, workload, clients }: Side, common: number): BenchPoint {
  return { system, driver, workload, clients: clients ?? common, loop: closed };
}

/** Two points to be set side by side. */
interface Pair extends Pick<Contest, 'what' | 'unit' | 'required' | 'aim'> {
  readonly ours: BenchPoint;
  readonly theirs: BenchPoint;
}

function pairsWith(peer: string, system: string): Pair[] {
  return (contestsOf[peer] ?? []).map(({ ours, theirs, clients, ...rest }) => ({
    ...rest,
    ours: pointOf(system, ours, clients),
    theirs: pointOf(peer, theirs, clients),
  }));
}

/** Each other storage beside the default one, under the same load. An open loop's rate is that of its clients: it says nothing. */
function pairsOfStorages(plan: BenchPlan): Pair[] {
  const systems = ownSystems(plan);
  const usual = systems.find(({ storage }) => storage === defaultEngine);
  if (usual === undefined) return [];
  return plan.points.flatMap((ours): Pair[] => {
    const { system, workload, clients, loop } = ours;
    const storage = systems.find(({ name }) => name === system)?.storage;
    if (storage === undefined || storage === defaultEngine || loop.kind === 'open') return [];
    const what = `${workload} in ${storage}, ${count(clients, 'client')}`;
    return [{ what, unit: 'ops/s', ours, theirs: { ...ours, system: usual.name }, required: null, aim: null }];
  });
}

/**
 * Each other protocol beside the one of `beside`, under the same load: rates, and the median latency of one client. The
 * heaviest load, which tells most, comes first. An open loop says nothing, as above.
 */
function pairsOfProtocols(plan: BenchPlan): Pair[] {
  const usual = ownSystems(plan).find(({ protocol }) => protocol === plan.beside);
  if (usual === undefined) return [];
  const heaviestFirst = [...plan.points].sort((a, b) => b.clients - a.clients);
  return heaviestFirst.flatMap((ours): Pair[] => {
    const own = ownSystem(plan, ours.system);
    if (own === undefined || own.protocol === usual.protocol || ours.loop.kind === 'open') return [];
    return pairsUnderLoad(plan, ours, own, usual);
  });
}

/** Each other mode beside the first that was named, where nothing stands beside the protocol. */
function pairsOfModes(plan: BenchPlan): Pair[] {
  const systems = ownSystems(plan);
  return plan.points.flatMap((ours): Pair[] => {
    const own = systems.find(({ name }) => name === ours.system);
    const first = systems.find(({ protocol }) => protocol === own?.protocol);
    if (plan.beside !== null || own?.mode === undefined || first === undefined || ours.loop.kind === 'open') return [];
    return own.mode === first.mode ? [] : pairsUnderLoad(plan, ours, own, first);
  });
}

function pairsUnderLoad(plan: BenchPlan, ours: BenchPoint, own: OwnSystem, usual: OwnSystem): Pair[] {
  const { workload, clients } = ours;
  const { protocol, mode } = own;
  const share = requiredShares[protocol]?.[usual.protocol] ?? null;
  const sides = { ours, theirs: { ...ours, system: usual.name }, aim: null };
  const by = `by ${ownName(mode === undefined ? { protocol } : { protocol, mode })}${wayOf(plan, ours)}, ${count(clients, 'client')}`;
  const things = plurals[workload];
  const rate = things === undefined ? `${workload} ops/s` : `${things}/s`;
  const rates: Pair = { ...sides, what: `${rate} ${by}`, unit: 'ops/s', required: share };
  if (clients !== 1) return [rates];
  const longest = share === null ? null : 1 / share;
  return [rates, { ...sides, what: `p50 of ${things ?? workload} ${by}`, unit: 'ms', required: longest }];
}

/** What workloads of one kind of operation are made of, for people. */
const plurals: Readonly<Record<string, string>> = { put: 'puts', read: 'reads' };

/** The driver of a point, where the plan has several of ours. */
function wayOf(plan: BenchPlan, { driver }: BenchPoint): string {
  const drivers = plan.points.filter(({ system }) => isOwn(plan, system)).map((each) => each.driver);
  return new Set(drivers).size > 1 ? ` over ${driver}` : '';
}

/** The points that the contests with a peer need, ours beside theirs. */
export function contestPoints(system: string, peer: string): BenchPoint[] {
  return pairsWith(peer, system).flatMap(({ ours, theirs }) => [ours, theirs]);
}

export function samePoint(a: BenchPoint, b: BenchPoint): boolean {
  return JSON.stringify(keyOf(a)) === JSON.stringify(keyOf(b));
}

function keyOf({ system, driver, workload, clients, loop }: BenchPoint): unknown[] {
  return [system, driver, workload, clients, loop.kind, loop.kind === 'open' ? loop.ratePerSecond : 0];
}

/** The drivers that speak to a peer. */
export function driversOf(peer: string): string[] {
  return [...new Set((contestsOf[peer] ?? []).map(({ theirs }) => theirs.driver))];
}

/** The ratios of all pairs that were measured on both sides. One that no round tells is not a number. */
export async function ratiosOf(plan: BenchPlan, measurements: readonly Measurement[]): Promise<Ratio[]> {
  const own = ownSystems(plan);
  const peers = plan.peers.flatMap((peer) => own.flatMap(({ name }) => pairsWith(peer, name)));
  const pairs = [...peers, ...pairsOfStorages(plan), ...pairsOfProtocols(plan), ...pairsOfModes(plan)];
  const ratios: Ratio[] = [];
  for (const { what, unit, ours, theirs, required, aim } of pairs) {
    const our = valuesOf(measurements, ours, unit);
    const their = valuesOf(measurements, theirs, unit);
    if (our.size === 0 || their.size === 0) continue;
    const perRound = ratiosOfRounds(our, their);
    ratios.push({
      name: what,
      unit,
      ours: await sideOf(ours, [...our.values()]),
      theirs: await sideOf(theirs, [...their.values()]),
      ratio: median(perRound),
      min: perRound.length === 0 ? Number.NaN : Math.min(...perRound),
      max: perRound.length === 0 ? Number.NaN : Math.max(...perRound),
      better: unit === 'ms' ? 'less' : 'more',
      required,
      aim,
    });
  }
  return ratios;
}

async function sideOf({ system, driver }: BenchPoint, values: readonly number[]): Promise<Ratio['ours']> {
  const { batching } = await loadDriver(driver);
  return { system, driver, value: median(values), batching };
}

/** By round: rates, or medians of the latency. Where nothing was acknowledged the latency is endless. */
function valuesOf(
  measurements: readonly Measurement[],
  point: BenchPoint,
  unit: Ratio['unit'],
): ReadonlyMap<number, number> {
  const own = measurements.filter((each) => samePoint(each.point, point));
  return new Map(
    own.map(({ round, opsPerSecond, load }) => {
      return [round, unit === 'ms' ? (load.latency['all']?.raw.p50 ?? Number.POSITIVE_INFINITY) : opsPerSecond];
    }),
  );
}

/** A round in which they did nothing is nothing to be compared with; one in which we did nothing counts. */
function ratiosOfRounds(ours: ReadonlyMap<number, number>, theirs: ReadonlyMap<number, number>): number[] {
  return [...ours].flatMap(([round, value]) => {
    const their = theirs.get(round);
    return their === undefined || their === 0 || !Number.isFinite(their) ? [] : [value / their];
  });
}

/** Whether a ratio reaches what it must; one that is not a number does not. */
export function isMet({ ratio, required, better }: Ratio): boolean {
  return required === null || (better === 'more' ? ratio >= required : ratio <= required);
}
