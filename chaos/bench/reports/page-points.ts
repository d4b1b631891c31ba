/** The tables of every point: throughput with its bars, and percentiles of latency. */
import { type Html, html } from '../../reporters/html/escape.ts';
import { keyMark } from '../../reporters/html/legend.ts';
import { foldedTable, type Row, table } from '../../reporters/html/tables.ts';
import { formatCount, formatMs } from '../../reporters/shared/format.ts';
import type { BenchResult } from '../contracts.ts';
import { toneOf } from './chart-data.ts';
import { correctionNote } from './fairness.ts';
import {
  kindsOf,
  latencyOf,
  loadKey,
  lostOf,
  type PointFigures,
  type Quantile,
  type Spread,
  slowestSecondOf,
  workloadsOf,
} from './figures.ts';
import { lineKey } from './page-charts.ts';
import { formatRate, formatSpread, lineName, loadName, told } from './wording.ts';

/** The load, which stands only at the first of the points that share it; a screen reader hears it at each. */
export function loadCells(points: readonly PointFigures[]): Html[] {
  return points.map(({ point }, i) => {
    const before = points[i - 1];
    const again = before !== undefined && loadKey(before.point) === loadKey(point);
    return again ? html`<span class="again">${loadName(point)}</span>` : html`${loadName(point)}`;
  });
}

/** A line with its mark, as it is drawn in the charts. */
export function lineCell({ line }: PointFigures): Html {
  return html`<span class="line">${keyMark(lineKey(line))}${lineName(line)}</span>`;
}

/** The median, and beside it the extremes of the rounds. */
export function spreadCell(spread: Spread | null, write: (value: number) => string): Html {
  const [median = '', range] = formatSpread(spread, write).split(/ (?=\()/);
  return html`${median}${range === undefined ? null : html` <span class="rounds">${range}</span>`}`;
}

/** A bar of the throughput with its extremes; the figures stand beside it, so it is hidden from screen readers. */
function bar({ opsPerSecond, line }: PointFigures, most: number): Html {
  if (opsPerSecond === null || most <= 0) return html``;
  const part = (value: number) => Math.round((Math.max(0, value) / most) * 1980) / 10;
  const { median, min, max } = opsPerSecond;
  return html`<svg class="bar key ${toneOf(line)}" viewBox="0 0 200 12" preserveAspectRatio="none" aria-hidden="true"><rect class="fill" y="2" width="${part(median)}" height="8"/><path class="whisker" d="M${part(min)} 6H${part(max)}"/></svg>`;
}

function throughputRow(figures: PointFigures, load: Html, most: number): Row {
  const { failed, unknown } = lostOf(figures);
  return {
    cells: [
      load,
      lineCell(figures),
      bar(figures, most),
      spreadCell(figures.opsPerSecond, formatRate),
      told(slowestSecondOf(figures), formatRate),
      formatCount(failed),
      formatCount(unknown),
    ],
  };
}

/** Bars and figures for each workload, points of equal load side by side. */
export function throughputSection(result: BenchResult): Html {
  const tables = workloadsOf(result).map(([workload, points]) => {
    const loads = loadCells(points);
    const most = Math.max(0, ...points.map(({ opsPerSecond }) => opsPerSecond?.max ?? 0));
    return html`<h3>Workload ${workload}</h3>${table({
      caption: `Throughput of ${workload}: medians, and beside them the extremes of the rounds`,
      header: ['Load', 'System and driver', '', 'Throughput', 'Slowest second', 'Failed ops', 'Unknown ops'],
      words: [0, 1, 2],
      rows: points.map((figures, i) => throughputRow(figures, loads[i] ?? html``, most)),
    })}`;
  });
  const body = tables.length === 0 ? [html`<p class="note">Nothing was measured.</p>`] : tables;
  return html`<section class="points" id="throughput"><h2>Throughput by workload</h2>
<p class="description">Acknowledged operations per second. A failed operation was certainly not carried out; of an unknown one nobody knows.</p>${body}</section>`;
}

const quantiles: readonly (readonly [Quantile, string])[] = [
  ['p50', 'p50'],
  ['p90', 'p90'],
  ['p99', 'p99'],
  ['p999', 'p99.9'],
  ['max', 'max'],
];

function latencyCell(figures: PointFigures, quantile: Quantile, kind: string): Html {
  const raw = latencyOf(figures, quantile, 'raw', kind);
  return html`${spreadCell(latencyOf(figures, quantile, 'corrected', kind), formatMs)}<span class="raw">raw ${told(raw?.median, formatMs)}</span>`;
}

function latencyRow(figures: PointFigures, kind: string, words: readonly (string | Html)[]): Row {
  return {
    cells: [...words, lineCell(figures), ...quantiles.map(([quantile]) => latencyCell(figures, quantile, kind))],
  };
}

function kindsTable(workload: string, points: readonly PointFigures[]): Html | null {
  const rows = points.flatMap((figures) =>
    kindsOf(figures).map((kind) => latencyRow(figures, kind, [loadName(figures.point), kind])),
  );
  const several = points.some((figures) => kindsOf(figures).length > 1);
  if (!several) return null;
  return foldedTable({
    caption: `Latency of ${workload} by kind of operation`,
    header: ['Load', 'Kind', 'System and driver', ...quantiles.map(([, name]) => name)],
    words: [0, 1, 2],
    summary: 'By kind of operation',
    rows,
  });
}

/** Percentiles, corrected, with the raw ones beside them. */
export function latencySection(result: BenchResult): Html {
  const tables = workloadsOf(result).map(([workload, points]) => {
    const loads = loadCells(points);
    return html`<h3>Workload ${workload}</h3>${table({
      caption: `Latency of ${workload}, corrected: medians, beside them the extremes of the rounds, and below the raw figure`,
      header: ['Load', 'System and driver', ...quantiles.map(([, name]) => name)],
      words: [0, 1],
      rows: points.map((figures, i) => latencyRow(figures, 'all', [loads[i] ?? html``])),
    })}${kindsTable(workload, points)}`;
  });
  const body = tables.length === 0 ? [html`<p class="note">Nothing was measured.</p>`] : tables;
  return html`<section class="points" id="latencies"><h2>Latency</h2>
<p class="description">${correctionNote}</p>${body}</section>`;
}
