/** How the reports of a benchmark name and write things. The same value reads the same in all of them. */
import { formatCount, formatFigure, formatMs } from '../../reporters/shared/format.ts';
import type { BenchPlan, BenchPoint, BenchResult, CheckedHistory, Ratio } from '../contracts.ts';
import { ownSystems } from '../own-systems.ts';
import type { ReplicaFigures, Spread } from './figures.ts';

export const notTold = 'not told';

/** A figure, where there is one. */
export function told(value: number | null | undefined, write: (value: number) => string): string {
  return typeof value === 'number' && Number.isFinite(value) ? write(value) : notTold;
}

/** From the smallest to the largest of the rounds; nothing where there was one round, or all were equal. */
export function formatRange(spread: Spread | null, write: (value: number) => string): string {
  if (spread === null) return '';
  const [min, max] = [write(spread.min), write(spread.max)];
  if (min === max) return '';
  const unit = / \S+$/.exec(max)?.[0] ?? '';
  return `${unit !== '' && min.endsWith(unit) ? min.slice(0, -unit.length) : min} to ${max}`;
}

/** The median, with the extremes of the rounds where they differ: `8.2 ms (7.9 to 8.8)`. */
export function formatSpread(spread: Spread | null, write: (value: number) => string): string {
  const median = told(spread?.median, write);
  const range = formatRange(spread, write);
  if (range === '') return median;
  const unit = / \S+$/.exec(median)?.[0] ?? '';
  return `${median} (${unit !== '' && range.endsWith(unit) ? range.slice(0, -unit.length) : range})`;
}

export const formatRate = (value: number): string => `${formatFigure(Math.round(value * 10) / 10)} ops/s`;
export const formatPercent = (value: number): string => `${formatFigure(Number(value.toFixed(value < 10 ? 1 : 0)))} %`;
export const formatMicroseconds = (value: number): string => `${formatFigure(value)} µs`;

/** Bytes in the unit that suits them: `128 bytes`, `1.5 KiB`, `8 GiB`. */
export function formatBytes(bytes: number): string {
  const units = ['KiB', 'MiB', 'GiB', 'TiB'];
  if (Math.abs(bytes) < 1024) return `${formatFigure(bytes)} bytes`;
  const power = Math.min(units.length, Math.floor(Math.log2(Math.abs(bytes)) / 10));
  return `${formatFigure(Number((bytes / 1024 ** power).toPrecision(3)))} ${units[power - 1] ?? ''}`;
}

/** A value of a ratio, with its unit. */
export function formatSide(value: number, unit: Ratio['unit']): string {
  return told(value, unit === 'ms' ? formatMs : formatRate);
}

/** A ratio to three digits, rounded against us: it never reads as if it had reached what it missed. */
export function formatTimes(value: number, better: Ratio['better']): string {
  return told(value, (finite) =>
    finite <= 0 ? '0 ×' : `${formatFigure(cutTo(3, finite, better === 'more' ? 'down' : 'up'))} ×`,
  );
}

/** A positive number with so many digits. */
function cutTo(digits: number, value: number, towards: 'up' | 'down'): number {
  const scale = 10 ** (digits - 1 - Math.floor(Math.log10(value)));
  const scaled = value * scale;
  return (towards === 'down' ? Math.floor(scaled + 1e-6) : Math.ceil(scaled - 1e-6)) / scale;
}

/** A bound, with one digit more than what is held against it, and no wider than it is: `5`, `1.176`. */
export function boundFigure(bound: number, better: Ratio['better']): string {
  if (Number.isInteger(bound)) return formatFigure(bound);
  return String(cutTo(4, bound, better === 'more' ? 'up' : 'down'));
}

/** What a ratio has to reach: `at least 5 ×`, `at most 0.5 ×`. */
export function formatBound(bound: number | null, better: Ratio['better']): string {
  return bound === null ? 'none' : `at ${better === 'more' ? 'least' : 'most'} ${boundFigure(bound, better)} ×`;
}

export type RatioState = 'met' | 'not met' | 'not told' | 'no requirement';

function reaches(value: number, bound: number, better: Ratio['better']): boolean {
  return better === 'more' ? value >= bound : value <= bound;
}

/** Whether the median of the rounds is what it must be. */
export function ratioState({ ratio, required, better }: Ratio): RatioState {
  if (!Number.isFinite(ratio)) return 'not told';
  if (required === null) return 'no requirement';
  return reaches(ratio, required, better) ? 'met' : 'not met';
}

/** The state in words, with what the median does not say. */
export function ratioWords(ratio: Ratio): string {
  const state = ratioState(ratio);
  const worst = ratio.better === 'more' ? ratio.min : ratio.max;
  if (state !== 'met' || ratio.required === null) return state;
  return reaches(worst, ratio.required, ratio.better) ? state : 'met, not in every round';
}

/** What is aimed at, and whether it is reached: `10 ×, not reached`. */
export function aimWords({ ratio, aim, better }: Ratio): string {
  if (aim === null) return 'none';
  const state = !Number.isFinite(ratio) ? notTold : reaches(ratio, aim, better) ? 'reached' : 'not reached';
  return `${formatFigure(aim)} ×, ${state}`;
}

/** The extremes of the rounds of a ratio: `6.87 to 7.31 ×`. */
export function formatRounds({ ratio, min, max, better }: Ratio): string {
  return formatRange({ median: ratio, min, max }, (value) => formatTimes(value, better));
}

/** `raft over streams`. */
export function lineName({ system, driver }: { readonly system: string; readonly driver: string }): string {
  return `${system} over ${driver}`;
}

/** A system with the version that it tells of itself. */
export function systemName({ systems }: BenchResult, name: string): string {
  const version = systems.find((system) => system.name === name)?.version;
  return version === undefined || version === '' ? name : `${name} ${version}`;
}

/** How hard a point drives its system: `1,000 clients`, `20,000 ops/s, 64 clients`. */
export function loadName({ clients, loop }: BenchPoint): string {
  const many = `${formatCount(clients)} ${clients === 1 ? 'client' : 'clients'}`;
  return loop.kind === 'closed' ? many : `${formatRate(loop.ratePerSecond)}, ${many}`;
}

/** The same in a few letters, for a label in a chart. */
export function loadLabel({ clients, loop }: BenchPoint): string {
  return loop.kind === 'closed' ? formatCount(clients) : `${formatFigure(loop.ratePerSecond)}/s`;
}

/** What a replica used, and whether it led: `n1 142 % (leads)`. */
export function replicaName({ node, led, cpuPercent }: ReplicaFigures, rounds: number): string {
  const leads = led === 0 ? '' : led === rounds ? ' (leads)' : ` (led in ${led} of ${rounds} rounds)`;
  return `${node} ${told(cpuPercent?.median, formatPercent)}${leads}`;
}

/** The word for the verdict on a history. What was not decided did not pass. */
export function checkWord(verdict: CheckedHistory['verdict']): string {
  return { valid: 'passed', invalid: 'not passed', unknown: 'undecided: not passed' }[verdict];
}

/** Why there are no ratios. */
export function nothingCompared({ plan }: BenchResult): string {
  const alone = ownSystems(plan).length + plan.peers.length === 1;
  return alone ? 'Nothing was compared: no peer ran beside it.' : 'Nothing was compared.';
}

/** What each line batches, as the ratios tell it; those that batch the same stand together. */
export function batchingOf({ ratios }: BenchResult): [string, string][] {
  const lines = new Map<string, Set<string>>();
  for (const side of ratios.flatMap(({ ours, theirs }) => [ours, theirs])) {
    lines.set(side.batching, (lines.get(side.batching) ?? new Set()).add(lineName(side)));
  }
  return [...lines].map(([batching, names]) => [[...names].join(', '), batching]);
}

/** The number of rounds, and how long each point ran in one. */
export function roundsName({ rounds, durationMs, warmupMs }: BenchPlan): string {
  return `${formatCount(rounds)} ${rounds === 1 ? 'round' : 'rounds'} of ${formatMs(durationMs)} a point, after ${formatMs(warmupMs)} of warm-up`;
}

/** A sentence begins with a capital. */
export function capital(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
