/** The charts of a benchmark, each with its words, its legend and its data table. */
import { chart } from '../../reporters/html/chart.ts';
import { type Html, html } from '../../reporters/html/escape.ts';
import { dashes, type Key, legend, markerOf } from '../../reporters/html/legend.ts';
import { foldedTable, type Row } from '../../reporters/html/tables.ts';
import { formatFigure, formatMs } from '../../reporters/shared/format.ts';
import { type BenchCharts, type CurvesChart, type RatesChart, toneOf } from './chart-data.ts';
import { type Line, latencyOf, type PointFigures } from './figures.ts';
import { formatRate, formatSpread, lineName, loadName, told } from './wording.ts';

const mostTableRows = 120;

/** The mark of a line, as every chart and table has it. */
export function lineKey(line: Line): Key {
  const dash = dashes[line.position % dashes.length] ?? '';
  return { kind: 'line', tone: toneOf(line), label: lineName(line), dash, marker: markerOf(line.position) };
}

function keysOf(points: readonly PointFigures[]): Key[] {
  const lines = new Map(points.map(({ line }) => [line.position, line]));
  return [...lines.values()].sort((a, b) => a.position - b.position).map(lineKey);
}

function curveRow(figures: PointFigures): Row {
  return {
    cells: [
      lineName(figures.line),
      loadName(figures.point),
      formatSpread(figures.opsPerSecond, formatRate),
      formatSpread(latencyOf(figures, 'p50'), formatMs),
      formatSpread(latencyOf(figures, 'p99'), formatMs),
    ],
  };
}

const quantiles = [
  ['p50', 'p50: half of the operations are faster'],
  ['p99', 'p99: 99 of 100 operations are faster'],
] as const;

/** Two charts side by side, p50 and p99, on the same axes. */
function curvesPair({ id, workload, points, curves }: CurvesChart): Html {
  const open = curves.some((curve) => curve.open);
  const keys = keysOf(points);
  const hollow: Key[] = open ? [{ kind: 'ring', tone: 'muted', label: 'hollow: operations arrive at a rate' }] : [];
  const panels = quantiles.map(([quantile, title]) =>
    chart({
      id: `${id}-${quantile}`,
      drawing: 'curves',
      title,
      description: 'Operations per second, against milliseconds on a logarithmic axis.',
      keys: [],
      table: null,
      small: true,
    }),
  );
  return html`<div class="panel curves" role="group" aria-labelledby="${id}-title" aria-describedby="${id}-description">
<h3 id="${id}-title">Latency over throughput, ${workload}</h3>
<p class="description" id="${id}-description">To the right is more work done, down is faster. The number at a point is how many clients drove it${open ? ', or the rate at which operations arrived' : ''};
a curve that climbs without going right is saturated. Corrected latencies; thin bars span the rounds.</p>
<div class="pair">${panels}</div>
${legend([...keys, ...hollow])}
${foldedTable({
  caption: `Latency over throughput, ${workload}: medians, and the extremes of the rounds`,
  header: ['System and driver', 'Load', 'Throughput', 'p50', 'p99'],
  words: [0, 1],
  rows: points.map(curveRow),
})}</div>`;
}

function nothingDrawn({ workload }: CurvesChart): Html {
  return html`<p class="note">No operation of ${workload} was acknowledged, so there is no latency to draw.</p>`;
}

/** The first chart, or why there is none. */
export function heroSection({ curves: [first] }: BenchCharts): Html {
  const drawing =
    first === undefined
      ? html`<p class="note">Nothing was measured.</p>`
      : first.curves.length === 0
        ? nothingDrawn(first)
        : curvesPair(first);
  return html`<section class="hero" aria-label="Latency over throughput">${drawing}</section>`;
}

/** The curves of the other workloads that have some. */
export function furtherCurves({ curves: [, ...others] }: BenchCharts): readonly Html[] {
  return others.filter(({ curves }) => curves.length > 0).map(curvesPair);
}

function ratesRows({ rates: { atS, lines } }: RatesChart, roundS: number): Row[] {
  return atS.flatMap((at, i): Row[] => {
    if (Number.isInteger(at)) return [];
    const [fromS, toS] = [Math.floor(at), Math.ceil(at)];
    const round = Math.ceil(at / roundS);
    const second = toS - (round - 1) * roundS;
    const values = lines.map(({ values: own }) => told(own[i], formatRate));
    return [{ fromS, toS, cells: [formatFigure(round), formatFigure(second), ...values] }];
  });
}

function ratesChart(drawn: RatesChart, roundS: number): Html {
  const rows = ratesRows(drawn, roundS);
  return chart({
    id: drawn.id,
    drawing: 'rates',
    title: `${drawn.workload}, ${drawn.load}`,
    description:
      'Acknowledged operations in each second. A dip is a stall; what stalls everywhere at once is the machine.',
    keys: keysOf(drawn.points).map(({ marker: _, ...key }) => key),
    table: foldedTable({
      caption: `Acknowledged operations in each second, ${drawn.workload}, ${drawn.load}`,
      header: ['Round', 'Second', ...drawn.points.map(({ line }) => lineName(line))],
      rows: rows.slice(0, mostTableRows),
      total: rows.length,
    }),
  });
}

/** Throughput over time with the control of its range; nothing where no second was counted. */
export function ratesSection({ rates, drawn, truncated }: BenchCharts): Html {
  const { endS, roundS } = drawn;
  const notes = truncated.map((note) => html`<p class="truncated">${note}</p>`);
  if (rates.length === 0) {
    return html`<section id="timeline"><h2>Throughput over time</h2><p class="note">No second was measured to its end.</p>${notes}</section>`;
  }
  return html`<section class="timeline" id="timeline" aria-labelledby="timeline-title">
<div class="range"><h2 id="timeline-title">Throughput over time</h2>
<form class="range-form"><label>from <input name="from" type="number" min="0" max="${endS}" step="any" value="0"></label>
<label>to <input name="to" type="number" min="0" max="${endS}" step="any" value="${endS}"></label> <span>measured seconds</span>
<button type="button" class="button" data-range-reset>Show all</button></form></div>
<p class="description">The rounds one after the other, ${formatFigure(roundS)} s each, parted by dotted lines. Drag to choose a range for all of these charts.</p>
${rates.map((each) => ratesChart(each, roundS))}${notes}
</section>`;
}
