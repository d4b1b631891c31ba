/** The charts of a report on one time axis, each with its words and its data table. */
import { formatCount, formatFigure, formatMs } from '../shared/format.ts';
import type { RoleSpan } from '../shared/series.ts';
import { chart, nodeLinesChart } from './chart.ts';
import type { ChartData } from './chart-data.ts';
import { duelChart } from './duel-chart.ts';
import { type Html, html } from './escape.ts';
import { footprintCharts } from './footprint-charts.ts';
import { type Key, lineKeys } from './legend.ts';
import { resourceCharts } from './resource-charts.ts';
import { foldedTable, type Row } from './tables.ts';

function binRows({ bins }: ChartData, cells: (bin: ChartData['bins'][number], rate: number) => string[]): Row[] {
  return bins.map((bin) => {
    const fromS = bin.fromMs / 1000;
    const toS = bin.toMs / 1000;
    return { fromS, toS, cells: [`${formatFigure(fromS)} – ${formatFigure(toS)} s`, ...cells(bin, toS - fromS)] };
  });
}

const perSecond = (count: number, seconds: number) => formatFigure(seconds > 0 ? count / seconds : 0);
const latency = (ms: number | null) => (ms === null ? '–' : formatMs(ms));

const withoutQuorumKey: Key = { kind: 'hatch', tone: 'muted', label: 'time without a quorum' };

/** The first chart: what faults did to the throughput. */
export function heroSection(data: ChartData): Html {
  const bin = formatMs(data.binMs);
  return html`<section class="hero" aria-label="Throughput under fault">${chart({
    id: 'hero',
    title: 'Throughput while faults struck',
    description: `Successful operations per second, in bins of ${bin}. Drag to choose a range for all charts below.`,
    keys: [
      { kind: 'area', tone: 'blue', label: 'successful operations' },
      { kind: 'band', tone: 'orange', label: 'fault in force' },
      { kind: 'hatch', tone: 'amber', label: 'no successful write' },
      ...(data.drawn.withoutQuorum.length === 0 ? [] : [withoutQuorumKey]),
      { kind: 'line', tone: 'muted', label: 'calm rate', dash: '2 4' },
    ],
    table: foldedTable({
      caption: 'Faults and stretches without a successful write',
      header: ['What', 'From', 'To', 'Lasted'],
      rows: [
        ...data.drawn.bands.map(([fromS, toS, label]) => spanRow(`fault: ${label}`, fromS, toS)),
        ...data.drawn.gaps.map(([fromS, toS]) => spanRow('no successful write', fromS, toS)),
        ...data.drawn.withoutQuorum.map(([fromS, toS]) => spanRow(withoutQuorumKey.label, fromS, toS)),
      ],
    }),
  })}</section>`;
}

function spanRow(what: string, fromS: number, toS: number): Row {
  const cells = [
    what,
    `${fromS.toFixed(3)} s`,
    `${toS.toFixed(3)} s`,
    toS > fromS ? formatMs((toS - fromS) * 1000) : '–',
  ];
  return { fromS, toS, cells };
}

function faultsChart({ drawn }: ChartData): Html {
  if (drawn.faults.length === 0) return html`<p class="note">No fault was aimed at a replica in this run.</p>`;
  return chart({
    id: 'faults',
    title: 'Faults, by target',
    description:
      'Above: what the lab requested. Below: what was observed, whatever was requested: how long a process was gone or malicious, and when a link first dropped or delayed a message.',
    lanes: drawn.faults.length,
    keys: [
      { kind: 'outline', tone: 'orange', label: 'requested' },
      { kind: 'hatch', tone: 'orange', label: 'observed: process gone, or malicious' },
      { kind: 'tick', tone: 'orange', label: 'observed: message dropped or delayed' },
    ],
    table: foldedTable({
      caption: 'Faults as requested and as observed',
      header: ['Target', 'What', 'From', 'To', 'Lasted'],
      words: [0, 1],
      rows: drawn.faults.flatMap(({ node, requested, observed }) => [
        ...requested.map(([fromS, toS, fault]) => laneRow(node, `requested: ${fault}`, fromS, toS)),
        ...observed.map(([fromS, toS, what]) => laneRow(node, `observed: ${what}`, fromS, toS)),
      ]),
    }),
  });
}

function laneRow(node: string, what: string, fromS: number, toS: number): Row {
  return { ...spanRow(what, fromS, toS), cells: [node, ...spanRow(what, fromS, toS).cells] };
}

function throughputChart(data: ChartData): Html {
  return chart({
    id: 'throughput',
    title: 'Outcomes',
    description: `Operations per second by how they ended, in bins of ${formatMs(data.binMs)}. Unknown: a time-out or a broken connection, so it may or may not have happened.`,
    keys: lineKeys([
      ['blue', 'ok'],
      ['orange', 'failed'],
      ['amber', 'unknown'],
    ]),
    table: foldedTable({
      caption: 'Operations per second',
      header: ['Time', 'ok', 'failed', 'unknown'],
      rows: binRows(data, (bin, s) => [perSecond(bin.ok, s), perSecond(bin.fail, s), perSecond(bin.info, s)]),
    }),
  });
}

function latencyChart(data: ChartData): Html {
  return chart({
    id: 'latency',
    title: 'Latency of successful operations',
    description: `Logarithmic, in bins of ${formatMs(data.binMs)}. Where the lines break off, nothing succeeded.`,
    keys: lineKeys([
      ['blue', 'p50'],
      ['green', 'p99'],
      ['orange', 'max'],
    ]),
    table: foldedTable({
      caption: 'Latency of successful operations',
      header: ['Time', 'p50', 'p99', 'max'],
      rows: binRows(data, ({ p50, p99, max }) => [latency(p50), latency(p99), latency(max)]),
    }),
  });
}

function roleText({ role, epoch }: RoleSpan): string {
  return role === null ? 'up' : `${role}, epoch ${epoch ?? 'unknown'}`;
}

function rolesChart({ drawn, lanes }: ChartData): Html {
  const silent = drawn.nodes.every(({ roles, absences }) => roles.length === 0 && absences.length === 0);
  if (silent) return html`<p class="note">This system reports neither leaders nor epochs.</p>`;
  return chart({
    id: 'roles',
    title: 'Leader and epoch, by replica',
    description:
      'Filled: leads, with its epoch (the term, ballot, view or round). Two at once are legitimate while one of them is cut off and has the lower epoch.',
    lanes: drawn.nodes.length + 1,
    keys: [
      { kind: 'solid', tone: 'blue', label: 'leads' },
      { kind: 'outline', tone: 'green', label: 'candidate or other role' },
      { kind: 'line', tone: 'muted', label: 'follows, or reports no role' },
      { kind: 'hatch', tone: 'muted', label: 'down or paused' },
      { kind: 'hatch', tone: 'orange', label: 'nobody leads' },
    ],
    table: foldedTable({
      caption: 'Roles and absences',
      header: ['Replica', 'What', 'From', 'To', 'Lasted'],
      words: [0, 1],
      rows: [
        ...drawn.leaderless.map(([fromS, toS]) => laneRow('–', 'nobody leads', fromS, toS)),
        ...lanes.flatMap(({ node, roles, absences }) => [
          ...roles.map((span) => laneRow(node, roleText(span), span.fromMs / 1000, span.toMs / 1000)),
          ...absences.map((span) => laneRow(node, span.kind, span.fromMs / 1000, span.toMs / 1000)),
        ]),
      ],
    }),
  });
}

function appliedChart({ drawn: { applied } }: ChartData): Html {
  if (applied.nodes.length === 0) {
    return html`<p class="note">This system does not report what its replicas have applied.</p>`;
  }
  return nodeLinesChart({
    id: 'applied',
    title: 'Applied index, by replica',
    description:
      'How far each replica has applied the log. A flat line is a replica that stands still; a step is one that catches up.',
    lines: applied,
    caption: 'Applied index',
    figure: formatCount,
  });
}

/** All charts on one time axis, and the control of the range that they show. */
export function chartSection(data: ChartData): Html {
  const { endS } = data.drawn;
  return html`<section class="timeline" id="timeline" aria-labelledby="timeline-title">
<div class="range"><h2 id="timeline-title">Timeline</h2>
<form class="range-form"><label>from <input name="from" type="number" min="0" max="${endS}" step="any" value="0"></label>
<label>to <input name="to" type="number" min="0" max="${endS}" step="any" value="${endS}"></label> <span>seconds since load began</span>
<button type="button" class="button" data-range-reset>Show all</button></form></div>
${faultsChart(data)}${throughputChart(data)}${latencyChart(data)}${rolesChart(data)}${duelChart(data)}${appliedChart(data)}
${footprintCharts(data)}${resourceCharts(data)}
${data.truncated.map((note) => html`<p class="truncated">${note}</p>`)}
</section>`;
}
