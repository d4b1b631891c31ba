/** Operations as bars on a time axis, a lane per process. An SVG, so that it needs no script and prints sharp. */
import type { Span } from '../../spans.ts';
import { cut } from '../shared/format.ts';
import { type Html, html } from './escape.ts';

export interface Bar extends Span {
  readonly lane: string;
  readonly label: string;
  /** The whole story, for a pointer that rests on the bar. */
  readonly title: string;
  readonly outcome: 'ok' | 'fail' | 'info';
  /** Whether the evidence names it; the others are context. */
  readonly named: boolean;
}

export interface BarChart {
  readonly id: string;
  readonly bars: readonly Bar[];
  readonly window: Span;
  readonly faults: readonly (Span & { readonly label: string })[];
}

const width = 1080;
const gutter = 104;
const rightMargin = 16;
const rowHeight = 24;
const barHeight = 14;
/** The labels are monospaced, so that their width is known before a browser sees them. */
const characterWidth = 7.3;
const tickSteps = [
  0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 60_000, 600_000,
];

/** A bar with its place; `left` and `right` include its label, so that neighbours keep clear of both. */
interface Placed {
  readonly bar: Bar;
  readonly x: number;
  readonly end: number;
  readonly label: string;
  readonly labelX: number;
  readonly anchor: 'start' | 'end';
  readonly left: number;
  readonly right: number;
}

type Scale = (atMs: number) => number;

/** The window with some room on both sides, and everything that its bars need within reason. */
function viewOf({ bars, window }: BarChart): Span {
  const named = bars.filter((bar) => bar.named);
  const fromMs = Math.min(window.fromMs, ...named.map((bar) => bar.fromMs));
  const ends = named.map((bar) => (Number.isFinite(bar.toMs) ? bar.toMs : bar.fromMs));
  const toMs = Math.max(window.toMs, ...ends);
  const room = Math.max((toMs - fromMs) * 0.06, 0.5);
  return { fromMs: fromMs - room, toMs: toMs + room };
}

function place(bar: Bar, scale: Scale): Placed {
  const rightEdge = width - rightMargin;
  const x = Math.max(gutter, Math.min(rightEdge - 3, scale(bar.fromMs)));
  const end = Number.isFinite(bar.toMs) ? Math.max(x + 3, Math.min(rightEdge, scale(bar.toMs))) : rightEdge;
  const label = cut(bar.label, 44);
  const size = label.length * characterWidth;
  const inside = end - x > size + 12;
  if (inside) return { bar, x, end, label, labelX: x + 6, anchor: 'start', left: x, right: end };
  if (end + 6 + size <= rightEdge) {
    return { bar, x, end, label, labelX: end + 6, anchor: 'start', left: x, right: end + 6 + size };
  }
  return { bar, x, end, label, labelX: x - 6, anchor: 'end', left: x - 6 - size, right: end };
}

/** Puts each bar into the first row of its process where neither it nor its label touches another. */
function rowsOf(placed: readonly Placed[]): Placed[][] {
  const rows: Placed[][] = [];
  for (const each of [...placed].sort((a, b) => a.bar.fromMs - b.bar.fromMs)) {
    const free = rows.find((row) => row.every((other) => other.right + 10 < each.left || each.right + 10 < other.left));
    if (free === undefined) rows.push([each]);
    else free.push(each);
  }
  return rows;
}

function drawBar({ bar, x, end, label, labelX, anchor }: Placed, top: number): Html {
  const middle = top + rowHeight / 2;
  const y = middle - barHeight / 2;
  const classes = `bar ${bar.outcome}${bar.named ? ' named' : ''}${labelX > x && labelX < end ? ' inside' : ''}`;
  const open = Number.isFinite(bar.toMs)
    ? null
    : html`<path class="open" d="M${end - 7} ${y}l7 ${barHeight / 2}l-7 ${barHeight / 2}"/>`;
  const failed = bar.outcome === 'fail' ? html`<path class="open" d="M${x} ${y}L${end} ${y + barHeight}"/>` : null;
  return html`<g class="${classes}"><title>${bar.title}</title>
<rect x="${x.toFixed(1)}" y="${y}" width="${(end - x).toFixed(1)}" height="${barHeight}" rx="2.5"/>${open}${failed}
<text x="${labelX.toFixed(1)}" y="${middle + 4}" text-anchor="${anchor}">${label}</text></g>`;
}

function drawAxis(view: Span, scale: Scale, height: number): Html[] {
  const step = tickSteps.find((each) => (view.toMs - view.fromMs) / each <= 8) ?? 3_600_000;
  const digits = step >= 1000 ? 0 : step >= 100 ? 1 : step >= 10 ? 2 : step >= 1 ? 3 : 4;
  const ticks: Html[] = [];
  for (let i = Math.ceil(view.fromMs / step); i * step <= view.toMs; i += 1) {
    const x = scale(i * step).toFixed(1);
    const text = `${((i * step) / 1000).toFixed(digits)} s`;
    ticks.push(
      html`<g class="tick"><path d="M${x} 0V${height - 20}"/><text x="${x}" y="${height - 5}" text-anchor="middle">${text}</text></g>`,
    );
  }
  return ticks;
}

function drawFaults(chart: BarChart, view: Span, scale: Scale, height: number): Html[] {
  const active = chart.faults.filter(({ fromMs, toMs }) => fromMs <= view.toMs && toMs >= view.fromMs).slice(0, 6);
  return active.map(({ fromMs, toMs, label }, i) => {
    const x = Math.max(gutter, scale(fromMs));
    const end = Math.min(width - rightMargin, scale(Math.min(toMs, view.toMs)));
    const y = i * 18;
    return html`<g class="fault"><rect class="band" x="${x.toFixed(1)}" y="${y}" width="${Math.max(2, end - x).toFixed(1)}" height="${height - 24 - y}"/>
<path d="M${x.toFixed(1)} ${y + 1}H${end.toFixed(1)}"/><text x="${(x + 6).toFixed(1)}" y="${y + 14}">fault in force: ${cut(label, 60)}</text></g>`;
  });
}

/** The drawing, with a sentence for those who cannot see it; the data table beside it has every figure. */
export function operationBars(chart: BarChart): Html {
  const view = viewOf(chart);
  const scale: Scale = (atMs) =>
    gutter + ((atMs - view.fromMs) / (view.toMs - view.fromMs)) * (width - gutter - rightMargin);
  const lanes = [...new Set(chart.bars.map((bar) => bar.lane))];
  const faultRows = chart.faults.filter(({ fromMs, toMs }) => fromMs <= view.toMs && toMs >= view.fromMs).slice(0, 6);
  let top = faultRows.length * 18 + 6;
  const drawn: Html[] = [];
  for (const lane of lanes) {
    const rows = rowsOf(chart.bars.filter((bar) => bar.lane === lane).map((bar) => place(bar, scale)));
    const height = rows.length * rowHeight;
    const bars = rows.flatMap((row, i) => row.map((each) => drawBar(each, top + i * rowHeight)));
    drawn.push(html`<g class="lane"><path d="M0 ${top + height}H${width}"/>
<text x="0" y="${top + rowHeight / 2 + 4}">${cut(lane, 14)}</text>${bars}</g>`);
    top += height;
  }
  const height = top + 24;
  return html`<svg class="operations" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="${chart.id}">
<title id="${chart.id}">${chart.bars.length} operations of ${lanes.length} processes on a time axis; solid bars are those that the sentences name.</title>
${drawAxis(view, scale, height)}${drawFaults(chart, view, scale, height)}${drawn}
</svg>`;
}
