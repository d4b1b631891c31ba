/** What reports show of a result: the rounds of each point put together, in the order in which points are compared. */
import { median } from '../../percentiles.ts';
import type { BenchPoint, BenchResult, Latency, Measurement } from '../contracts.ts';

/** A figure over the rounds. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** A system and how it is driven: one line of a chart. Its position decides its colour, dash and marker everywhere. */
export interface Line {
  readonly system: string;
  readonly driver: string;
  readonly position: number;
}

/** A point with its rounds. */
export interface PointFigures {
  readonly point: BenchPoint;
  readonly line: Line;
  /** In the order of the rounds; at least one. */
  readonly rounds: readonly Measurement[];
  /** Null where no round told a number. */
  readonly opsPerSecond: Spread | null;
}

/** What one replica used, over the rounds. */
export interface ReplicaFigures {
  readonly node: string;
  /** In how many rounds it led at the end. */
  readonly led: number;
  readonly cpuPercent: Spread | null;
  readonly memoryBytes: Spread | null;
}

/** The median and the extremes of what was told; null where nothing was. */
export function spreadOf(values: readonly (number | null | undefined)[]): Spread | null {
  const told = values.filter((value): value is number => typeof value === 'number' && Number.isFinite(value));
  return told.length === 0 ? null : { median: median(told), min: Math.min(...told), max: Math.max(...told) };
}

function lineKey({ system, driver }: { readonly system: string; readonly driver: string }): string {
  return JSON.stringify([system, driver]);
}

/** The same load: as many clients, at the same rate. */
export function loadKey({ clients, loop }: BenchPoint): string {
  return JSON.stringify([loop.kind === 'open' ? loop.ratePerSecond : null, clients]);
}

function pointKey(point: BenchPoint): string {
  return JSON.stringify([lineKey(point), point.workload, loadKey(point)]);
}

/** Closed loops come first, by their clients, then open ones by their rate. */
function compareLoads({ point: a }: PointFigures, { point: b }: PointFigures): number {
  const rate = ({ loop }: BenchPoint) => (loop.kind === 'open' ? loop.ratePerSecond : -1);
  return rate(a) - rate(b) || a.clients - b.clients;
}

/** The lines in the order in which the plan names them. */
export function linesOf({ plan, measurements }: BenchResult): Line[] {
  const points = [...plan.points, ...measurements.map(({ point }) => point)];
  const lines = new Map<string, Line>();
  for (const point of points) {
    const { system, driver } = point;
    const key = lineKey(point);
    if (!lines.has(key)) lines.set(key, { system, driver, position: lines.size });
  }
  return [...lines.values()];
}

/** The points that were measured: by load, and those of equal load side by side in the order of their lines. */
export function pointsOf(result: BenchResult): PointFigures[] {
  const lines = new Map(linesOf(result).map((line) => [lineKey(line), line]));
  const byPoint = new Map<string, Measurement[]>();
  for (const measurement of result.measurements) {
    const key = pointKey(measurement.point);
    byPoint.set(key, [...(byPoint.get(key) ?? []), measurement]);
  }
  const figures = [...byPoint.values()].flatMap((measurements): PointFigures[] => {
    const rounds = [...measurements].sort((a, b) => a.round - b.round);
    const point = rounds[0]?.point;
    const line = point === undefined ? undefined : lines.get(lineKey(point));
    if (point === undefined || line === undefined) return [];
    return [{ point, line, rounds, opsPerSecond: spreadOf(rounds.map(({ opsPerSecond }) => opsPerSecond)) }];
  });
  return figures.sort((a, b) => compareLoads(a, b) || a.line.position - b.line.position);
}

/** The points of each workload; the one with the most points, which the others only accompany, first. */
export function workloadsOf(result: BenchResult): (readonly [string, readonly PointFigures[]])[] {
  const workloads = new Map<string, PointFigures[]>();
  const inOrder = [...result.plan.points, ...result.measurements.map(({ point }) => point)];
  for (const { workload } of inOrder) workloads.set(workload, []);
  for (const figures of pointsOf(result)) workloads.get(figures.point.workload)?.push(figures);
  return [...workloads].filter(([, points]) => points.length > 0).sort(([, a], [, b]) => b.length - a.length);
}

/** The kinds of operations that a point measured, besides all together. */
export function kindsOf({ rounds }: PointFigures): string[] {
  const kinds = new Set(rounds.flatMap(({ load }) => Object.keys(load.latency)));
  return [...kinds].filter((kind) => kind !== 'all').sort();
}

export type Quantile = keyof Latency;

/** A quantile of the latency over the rounds, in milliseconds; null where nothing of that kind was acknowledged. */
export function latencyOf(
  { rounds }: PointFigures,
  quantile: Quantile,
  how: 'corrected' | 'raw' = 'corrected',
  kind = 'all',
): Spread | null {
  return spreadOf(rounds.map(({ load }) => load.latency[kind]?.[how][quantile]));
}

/** What each replica used, in the order of their names. */
export function replicasOf({ rounds }: PointFigures): ReplicaFigures[] {
  const costs = rounds.flatMap(({ replicas }) => replicas);
  const nodes = [...new Set(costs.map(({ node }) => node))].sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  return nodes.map((node) => {
    const own = costs.filter((cost) => cost.node === node);
    return {
      node,
      led: own.filter(({ leads }) => leads).length,
      cpuPercent: spreadOf(own.map(({ cpuPercent }) => cpuPercent)),
      memoryBytes: spreadOf(own.map(({ memoryBytes }) => memoryBytes)),
    };
  });
}

/** The operations that were not acknowledged, of all rounds. */
export function lostOf({ rounds }: PointFigures): { readonly failed: number; readonly unknown: number } {
  const sum = (key: 'failed' | 'unknown') => rounds.reduce((total, { load }) => total + load[key], 0);
  return { failed: sum('failed'), unknown: sum('unknown') };
}

/** The fewest operations that were acknowledged in a second; null where no second was counted. */
export function slowestSecondOf({ rounds }: PointFigures): number | null {
  return spreadOf(rounds.flatMap(({ load }) => load.perSecond))?.min ?? null;
}
