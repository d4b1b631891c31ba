/** What it cost: the CPU of replicas and generator, and what an operation takes of each system. */
import { type Html, html } from '../../reporters/html/escape.ts';
import { legend } from '../../reporters/html/legend.ts';
import { type Row, table } from '../../reporters/html/tables.ts';
import { formatFigure } from '../../reporters/shared/format.ts';
import { count } from '../../words.ts';
import type { BenchResult } from '../contracts.ts';
import { type PointFigures, replicasOf, type Spread, spreadOf, workloadsOf } from './figures.ts';
import { lineCell, loadCells, spreadCell } from './page-points.ts';
import { formatBytes, formatMicroseconds, formatPercent, notTold, replicaName } from './wording.ts';

function generatorCpu({ rounds }: PointFigures): Spread | null {
  return spreadOf(rounds.map(({ generatorCpuPercent }) => generatorCpuPercent));
}

/** Who used how much of the machine, in that order: the leader, the other replicas, the generator. */
function machineBar(figures: PointFigures, cores: number): Html {
  const replicas = [...replicasOf(figures)].sort((a, b) => b.led - a.led);
  const [leader = 0, ...others] = replicas.map(({ cpuPercent }) => cpuPercent?.median ?? 0);
  const rest = others.reduce((sum, percent) => sum + percent, 0);
  const shares = [leader, rest, generatorCpu(figures)?.median ?? 0].map((percent) => Math.max(0, percent));
  const whole = Math.max(
    cores * 100,
    shares.reduce((sum, share) => sum + share, 0),
    1,
  );
  const widths = shares.map((share) => Math.round((share / whole) * 2000) / 10);
  const tones = ['blue', 'green', 'amber'];
  const parts = widths.map((width, i) => {
    const from = widths.slice(0, i).reduce((sum, each) => sum + each, 0);
    return html`<g class="key ${tones[i] ?? 'muted'}"><rect class="fill" x="${from.toFixed(1)}" y="2" width="${Math.max(0, width - 1).toFixed(1)}" height="8"/></g>`;
  });
  return html`<svg class="bar machine" viewBox="0 0 200 12" preserveAspectRatio="none" aria-hidden="true"><rect class="track" y="2" width="200" height="8"/>${parts}</svg>`;
}

function cpuRow(figures: PointFigures, load: Html, cores: number): Row {
  const replicas = replicasOf(figures);
  const used = replicas.flatMap(({ memoryBytes }) => (memoryBytes === null ? [] : [memoryBytes.median]));
  const memory = spreadOf(used.length === 0 ? [] : [Math.max(...used)]);
  const names = replicas.map((each) => html`<span class="replica">${replicaName(each, figures.rounds.length)}</span>`);
  return {
    cells: [
      load,
      lineCell(figures),
      machineBar(figures, cores),
      names.length === 0 ? notTold : html`${names}`,
      spreadCell(generatorCpu(figures), formatPercent),
      spreadCell(memory, formatBytes),
    ],
  };
}

type Cost = keyof PointFigures['rounds'][number]['perOperation'];

const units: readonly (readonly [Cost, (value: number) => string])[] = [
  ['cpuMicroseconds', formatMicroseconds],
  ['syncs', (value) => `${formatFigure(value)} ${value === 1 ? 'sync' : 'syncs'}`],
  ['messages', (value) => `${formatFigure(value)} ${value === 1 ? 'message' : 'messages'}`],
  ['bytes', formatBytes],
  ['signatures', formatFigure],
  ['verifications', formatFigure],
];

function operationRow(figures: PointFigures, load: Html): Row {
  const costs = units.map(([cost, write]) =>
    spreadCell(spreadOf(figures.rounds.map(({ perOperation }) => perOperation[cost])), write),
  );
  const batches = spreadOf(figures.rounds.map(({ operationsPerBatch }) => operationsPerBatch));
  return { cells: [load, lineCell(figures), ...costs, spreadCell(batches, formatFigure)] };
}

/** CPU by replica and of the generator, and what all replicas together spend on an operation. */
export function costSection(result: BenchResult): Html {
  const { cores } = result.machine;
  const tables = workloadsOf(result).map(([workload, points]) => {
    const loads = loadCells(points);
    return html`<h3>Workload ${workload}</h3>${table({
      caption: `CPU of ${workload}, in percent of one core; the memory is that of the replica with the most`,
      header: ['Load', 'System and driver', '', 'Replicas', 'Load generator', 'Memory'],
      words: [0, 1, 2, 3],
      rows: points.map((figures, i) => cpuRow(figures, loads[i] ?? html``, cores)),
    })}${table({
      caption: `For one acknowledged operation of ${workload}, all replicas together`,
      header: [
        ...['Load', 'System and driver', 'CPU', 'Syncs', 'Messages', 'Bytes sent', 'Signatures', 'Verifications'],
        'Operations a batch',
      ],
      words: [0, 1],
      rows: points.map((figures, i) => operationRow(figures, loads[i] ?? html``)),
    })}`;
  });
  const body =
    tables.length === 0
      ? html`<p class="note">Nothing was measured.</p>`
      : html`${legend([
          { kind: 'solid', tone: 'blue', label: 'first: the leader' },
          { kind: 'solid', tone: 'green', label: 'second: the other replicas' },
          { kind: 'solid', tone: 'amber', label: 'third: the load generator' },
        ])}${tables}`;
  return html`<section class="points costs" id="costs"><h2>What it cost</h2>
<p class="description">A bar is the whole machine, ${count(cores, 'core')}. Where it is full, or the generator has no room left, the machine was measured more than the system.</p>${body}</section>`;
}
