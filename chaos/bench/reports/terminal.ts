/** The figures of a benchmark as plain text in aligned columns, for a terminal. */
import { formatCount, formatFigure, formatMs } from '../../reporters/shared/format.ts';
import type { BenchResult, Measurement, Ratio } from '../contracts.ts';
import { latencyOf, type PointFigures, replicasOf, spreadOf, workloadsOf } from './figures.ts';
import { benchVerdict } from './verdict.ts';
import {
  batchingOf,
  formatBound,
  formatPercent,
  formatRange,
  formatRounds,
  formatSide,
  formatTimes,
  lineName,
  loadLabel,
  loadName,
  ratioWords,
  told,
} from './wording.ts';

/** Two less than what lines may have, since some are set in. */
const mostColumns = 118;
const gap = 2;

/** On one line, and without what a terminal would take for a command. */
function printable(text: string): string {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}\s]+/gu, ' ');
}

function cut(text: string, length: number): string {
  const characters = [...text];
  return characters.length <= length ? text : `${characters.slice(0, Math.max(0, length - 1)).join('')}…`;
}

function pad(text: string, width: number, right: boolean): string {
  const fill = ' '.repeat(Math.max(0, width - [...text].length));
  return right ? `${fill}${text}` : `${text}${fill}`;
}

/** Aligns rows; the first column, of words, gives way where the line would be too long. */
function aligned(rows: readonly (readonly string[])[], words: readonly number[]): string[] {
  const cells = rows.map((row) => row.map(printable));
  const widths = (cells[0] ?? []).map((_, i) => Math.max(...cells.map((row) => [...(row[i] ?? '')].length)));
  const rest = widths.slice(1).reduce((sum, width) => sum + width + gap, 0);
  const first = Math.max(8, Math.min(widths[0] ?? 0, mostColumns - rest));
  return cells.map((row) => {
    const line = row.map((cell, i) =>
      i === 0 ? pad(cut(cell, first), first, false) : pad(cell, widths[i] ?? 0, !words.includes(i)),
    );
    return cut(line.join(' '.repeat(gap)).trimEnd(), mostColumns);
  });
}

/** Breaks a sentence between words; the lines after the first are set in. */
function wrapped(text: string): string[] {
  const lines: string[] = [];
  for (const word of printable(text).trim().split(' ')) {
    const last = lines.at(-1);
    const fits = last !== undefined && [...last].length + 1 + [...word].length <= mostColumns;
    if (fits) lines.splice(-1, 1, `${last} ${word}`);
    else lines.push(cut(lines.length === 0 ? word : `    ${word}`, mostColumns));
  }
  return lines;
}

/** The outcome in a word and a sentence. */
export function verdictLines(result: BenchResult): string[] {
  const { outcome, sentence } = benchVerdict(result);
  return wrapped(`${outcome}: ${sentence}`);
}

/** Each ratio beside what it must be, then what each side batches. Empty where nothing was compared. */
export function ratioLines(result: BenchResult): string[] {
  const { ratios } = result;
  if (ratios.length === 0) return [];
  const side = ({ unit }: Ratio, each: Ratio['ours']) => `${lineName(each)} ${formatSide(each.value, unit)}`;
  const table = aligned(
    [
      ['ratio', 'median', 'rounds', 'required', 'aim', ''],
      ...ratios.map((ratio) => [
        ratio.name,
        formatTimes(ratio.ratio, ratio.better),
        formatRounds(ratio),
        formatBound(ratio.required, ratio.better),
        ratio.aim === null ? 'none' : `${formatFigure(ratio.aim)} ×`,
        ratioWords(ratio),
      ]),
    ],
    [3, 4, 5],
  );
  const [head, ...rows] = table;
  const sides = ratios.map((ratio) => wrapped(`${side(ratio, ratio.ours)} against ${side(ratio, ratio.theirs)}`));
  return [
    head ?? '',
    ...rows.flatMap((row, i) => [row, ...(sides[i] ?? []).map((line) => `  ${line}`)]),
    'batched:',
    ...batchingOf(result).flatMap(([name, batching]) => wrapped(`${name}: ${batching}`).map((line) => `  ${line}`)),
  ];
}

const header = ['load', 'ops/s', 'rounds', 'p50', 'p99', 'p99.9', 'leader', 'generator'];

function tableRow(figures: PointFigures): string[] {
  const { point } = figures;
  const latency = (['p50', 'p99', 'p999'] as const).map((quantile) =>
    told(latencyOf(figures, quantile)?.median, formatMs),
  );
  const leader = replicasOf(figures).reduce(
    (most, { led, cpuPercent }) => (led > most.led ? { led, cpuPercent } : most),
    {
      led: 0,
      cpuPercent: spreadOf([]),
    },
  );
  const generator = spreadOf(figures.rounds.map(({ generatorCpuPercent }) => generatorCpuPercent));
  return [
    lineName(figures.line),
    point.loop.kind === 'open' ? loadLabel(point) : loadName(point),
    told(figures.opsPerSecond?.median, formatCount),
    formatRange(figures.opsPerSecond, formatCount),
    ...latency,
    told(leader.cpuPercent?.median, formatPercent),
    told(generator?.median, formatPercent),
  ];
}

/** A table per workload: throughput, corrected latency, and CPU of the leader and of the generator in percent of a core. */
export function tableLines(result: BenchResult): string[] {
  const workloads = workloadsOf(result);
  if (workloads.length === 0) return ['Nothing was measured.'];
  return workloads.flatMap(([workload, points]) => aligned([[workload, ...header], ...points.map(tableRow)], [1]));
}

const costHeader = ['load', 'ops a batch', 'syncs', 'messages', 'signatures', 'verified'];

function costRow({ line, point, rounds }: PointFigures): string[] {
  const each = (of: (measurement: Measurement) => number | null) =>
    told(spreadOf(rounds.map(of))?.median, formatFigure);
  return [
    lineName(line),
    point.loop.kind === 'open' ? loadLabel(point) : loadName(point),
    each(({ operationsPerBatch }) => operationsPerBatch),
    each(({ perOperation }) => perOperation.syncs),
    each(({ perOperation }) => perOperation.messages),
    each(({ perOperation }) => perOperation.signatures),
    each(({ perOperation }) => perOperation.verifications),
  ];
}

/** What an operation takes of all replicas together, a table per workload. Empty where no protocol signs: reports tell the rest. */
export function costLines(result: BenchResult): string[] {
  if (result.measurements.every(({ perOperation }) => perOperation.signatures === null)) return [];
  return workloadsOf(result).flatMap(([workload, points]) =>
    aligned([[`each ${workload}`, ...costHeader], ...points.map(costRow)], [1]),
  );
}
