/** What the charts of a benchmark draw: small enough to embed, with the field names of `assets/*.js`. */
import { type Marker, markerOf, markerPaths, type Tone } from '../../reporters/html/legend.ts';
import type { BenchResult } from '../contracts.ts';
import { type Line, latencyOf, linesOf, loadKey, type PointFigures, type Spread, workloadsOf } from './figures.ts';
import { lineName, loadLabel, loadName } from './wording.ts';

const mostCurves = 6;
const mostRates = 6;
const tones = ['blue', 'orange', 'green', 'amber'] as const;

/** The colour of a line by its position; beyond four they repeat, and dash and marker tell lines apart. */
export function toneOf({ position }: Line): Tone {
  return tones[position % tones.length] ?? 'muted';
}

/** Median, least and most of the rounds. */
export type DrawnSpread = readonly [number, number, number];

/** A curve of latency over throughput, from the lightest load to the heaviest. */
export interface DrawnCurve {
  readonly line: number;
  /** Operations arrive at a rate: drawn with hollow points. */
  readonly open: boolean;
  readonly points: readonly {
    readonly label: string;
    readonly load: string;
    readonly x: DrawnSpread;
    /** Milliseconds, corrected. */
    readonly p50: DrawnSpread;
    readonly p99: DrawnSpread;
  }[];
}

/** The acknowledged operations of each second, the rounds one after the other. */
export interface DrawnRates {
  /** The middle of each second; a null of each line lies between two rounds. */
  readonly atS: readonly number[];
  readonly lines: readonly { readonly line: number; readonly values: readonly (number | null)[] }[];
}

/** The JSON that a page carries for its scripts. */
export interface DrawnBench {
  /** The end of the axis of `rates`, in seconds. */
  readonly endS: number;
  readonly roundS: number;
  readonly lines: readonly { readonly name: string; readonly tone: Tone; readonly marker: Marker }[];
  readonly markers: Readonly<Record<Marker, string>>;
  readonly curves: Readonly<Record<string, readonly DrawnCurve[]>>;
  readonly rates: Readonly<Record<string, DrawnRates>>;
}

/** A chart of curves: one workload. */
export interface CurvesChart {
  readonly id: string;
  readonly workload: string;
  readonly points: readonly PointFigures[];
  readonly curves: readonly DrawnCurve[];
}

/** A chart of rates: one workload under one load. */
export interface RatesChart {
  readonly id: string;
  readonly workload: string;
  readonly load: string;
  readonly points: readonly PointFigures[];
  readonly rates: DrawnRates;
}

export interface BenchCharts {
  readonly drawn: DrawnBench;
  readonly curves: readonly CurvesChart[];
  readonly rates: readonly RatesChart[];
  /** Sentences on what was left out. */
  readonly truncated: readonly string[];
}

/** To the microsecond or the tenth of an operation: what nobody can see is not embedded. */
function drawnSpread({ median, min, max }: Spread): DrawnSpread {
  const short = (value: number) => Math.round(value * 1000) / 1000;
  return [short(median), short(min), short(max)];
}

function drawnPoint(figures: PointFigures): DrawnCurve['points'] {
  const { opsPerSecond, point } = figures;
  const [p50, p99] = [latencyOf(figures, 'p50'), latencyOf(figures, 'p99')];
  if (opsPerSecond === null || p50 === null || p99 === null) return [];
  const spreads = { x: drawnSpread(opsPerSecond), p50: drawnSpread(p50), p99: drawnSpread(p99) };
  return [{ label: loadLabel(point), load: loadName(point), ...spreads }];
}

function curvesOf(points: readonly PointFigures[]): DrawnCurve[] {
  const curves = new Map<string, PointFigures[]>();
  for (const figures of points) {
    const key = `${figures.line.position} ${figures.point.loop.kind}`;
    curves.set(key, [...(curves.get(key) ?? []), figures]);
  }
  const drawn = [...curves.values()].flatMap((own): DrawnCurve[] => {
    const first = own[0];
    const shown = own.flatMap(drawnPoint);
    if (first === undefined || shown.length === 0) return [];
    return [{ line: first.line.position, open: first.point.loop.kind === 'open', points: shown }];
  });
  return drawn.sort((a, b) => a.line - b.line || Number(a.open) - Number(b.open));
}

/** The heaviest closed loop and the heaviest open one: stalls show best there. */
function heaviestLoads(points: readonly PointFigures[]): PointFigures[][] {
  return (['closed', 'open'] as const).flatMap((kind) => {
    const own = points.filter(({ point }) => point.loop.kind === kind);
    const last = own.at(-1);
    return last === undefined ? [] : [own.filter(({ point }) => loadKey(point) === loadKey(last.point))];
  });
}

function ratesOf(points: readonly PointFigures[], rounds: readonly number[], roundS: number): DrawnRates {
  const atS: number[] = [];
  const values = points.map((): (number | null)[] => []);
  for (const [i, round] of rounds.entries()) {
    if (i > 0) {
      atS.push(i * roundS);
      for (const own of values) own.push(null);
    }
    for (let second = 0; second < roundS; second += 1) {
      atS.push(i * roundS + second + 0.5);
      for (const [line, { rounds: measured }] of points.entries()) {
        const told = measured.find((measurement) => measurement.round === round)?.load.perSecond[second];
        values[line]?.push(told !== undefined && Number.isFinite(told) ? told : null);
      }
    }
  }
  return { atS, lines: points.map(({ line }, i) => ({ line: line.position, values: values[i] ?? [] })) };
}

function capped<T>(items: readonly T[], most: number, what: string, notes: string[]): T[] {
  if (items.length > most) notes.push(`${what}: showing ${most} of ${items.length} charts.`);
  return items.slice(0, most);
}

/** Everything that the charts show, the chart of the workload with the most points first. */
export function benchCharts(result: BenchResult): BenchCharts {
  const truncated: string[] = [];
  const workloads = workloadsOf(result);
  const rounds = [...new Set(result.measurements.map(({ round }) => round))].sort((a, b) => a - b);
  const roundS = Math.max(0, ...result.measurements.map(({ load }) => load.perSecond.length));
  const curves = workloads.map(([workload, points], i): CurvesChart => {
    return { id: `curves-${i}`, workload, points, curves: curvesOf(points) };
  });
  // A single point a line is no curve; only the first workload is shown whatever it has.
  const telling = curves.filter(({ curves: own }, i) => i === 0 || own.some(({ points }) => points.length > 1));
  const loads = workloads.flatMap(([workload, points]) => heaviestLoads(points).map((own) => ({ workload, own })));
  const rates = loads.flatMap(({ workload, own }, i): RatesChart[] => {
    const [first] = own;
    const drawn = ratesOf(own, rounds, roundS);
    if (first === undefined || drawn.atS.length === 0) return [];
    return [{ id: `rates-${i}`, workload, load: loadName(first.point), points: own, rates: drawn }];
  });
  const shownCurves = capped(telling, mostCurves, 'Latency over throughput', truncated);
  const shownRates = capped(rates, mostRates, 'Throughput over time', truncated);
  return {
    curves: shownCurves,
    rates: shownRates,
    truncated,
    drawn: {
      endS: roundS * rounds.length,
      roundS,
      lines: linesOf(result).map((line) => {
        return { name: lineName(line), tone: toneOf(line), marker: markerOf(line.position) };
      }),
      markers: markerPaths,
      curves: Object.fromEntries(shownCurves.map(({ id, curves: own }) => [id, own])),
      rates: Object.fromEntries(shownRates.map(({ id, rates: own }) => [id, own])),
    },
  };
}
