/** Which measurements are set side by side, what one must reach of the other, and the ratios. */
import { loadDriver } from '../catalog.ts';
import type { BenchPlan, BenchPoint, Loop, Measurement, Ratio } from './contracts.ts';

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

/** The points that the contests with a peer need, ours beside theirs. */
export function contestPoints(protocol: string, peer: string): BenchPoint[] {
  return (contestsOf[peer] ?? []).flatMap(({ ours, theirs, clients }) => [
    pointOf(protocol, ours, clients),
    pointOf(peer, theirs, clients),
  ]);
}

export function samePoint(a: BenchPoint, b: BenchPoint): boolean {
  return JSON.stringify(keyOf(a)) === JSON.stringify(keyOf(b));
}

function keyOf({ system, driver, workload, clients, loop }: BenchPoint): unknown[] {
  return [system, driver, workload, clients, loop.kind, loop.kind === 'open' ? loop.ratePerSecond : 0];
}

/** The ratios of all contests that were measured on both sides. */
export async function ratiosOf(plan: BenchPlan, measurements: readonly Measurement[]): Promise<Ratio[]> {
  const ratios: Ratio[] = [];
  for (const peer of plan.peers) {
    for (const each of contestsOf[peer] ?? []) {
      const ours = valuesOf(measurements, pointOf(plan.protocol, each.ours, each.clients), each.unit);
      const theirs = valuesOf(measurements, pointOf(peer, each.theirs, each.clients), each.unit);
      const perRound = ours.flatMap((value, round) => {
        const their = theirs[round];
        return their === undefined || their === 0 ? [] : [value / their];
      });
      if (perRound.length === 0) continue;
      ratios.push({
        name: each.what,
        unit: each.unit,
        ours: await sideOf(plan.protocol, each.ours.driver, ours),
        theirs: await sideOf(peer, each.theirs.driver, theirs),
        ratio: median(perRound),
        min: Math.min(...perRound),
        max: Math.max(...perRound),
        better: each.unit === 'ms' ? 'less' : 'more',
        required: each.required,
        aim: each.aim,
      });
    }
  }
  return ratios;
}

async function sideOf(system: string, driver: string, values: readonly number[]): Promise<Ratio['ours']> {
  const { batching } = await loadDriver(driver);
  return { system, driver, value: median(values), batching };
}

/** Of each round, in order: rates, or medians of the latency. */
function valuesOf(measurements: readonly Measurement[], point: BenchPoint, unit: Ratio['unit']): number[] {
  return measurements
    .filter((each) => samePoint(each.point, point))
    .sort((a, b) => a.round - b.round)
    .map(({ opsPerSecond, load }) => (unit === 'ms' ? (load.latency['all']?.raw.p50 ?? 0) : opsPerSecond));
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low, high] = [sorted[Math.ceil(middle) - 1] ?? 0, sorted[Math.floor(middle)] ?? 0];
  return (low + high) / 2;
}

/** Whether a ratio reaches what it must. */
export function isMet({ ratio, required, better }: Ratio): boolean {
  return required === null || (better === 'more' ? ratio >= required : ratio <= required);
}
