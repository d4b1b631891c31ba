/** The tables of a report: checks, strikes, and where the run came from. */
import type { ReportInput } from '../../contracts/report.ts';
import type { CheckResult } from '../../contracts/verdict.ts';
import { leftNoQuorum } from '../../quorum-left.ts';
import type { Span } from '../../spans.ts';
import { type StrikeWindow, strikeWindows } from '../../statistics.ts';
import {
  formatAt,
  formatCount,
  formatFigure,
  formatMargin,
  formatMeasure,
  formatMs,
  verdictWord,
  violationExpected,
} from '../shared/format.ts';
import { shortImage, substrateOf } from '../shared/substrate.ts';
import { typesInWords, workHeader, workRows } from '../shared/work.ts';
import type { ChartData } from './chart-data.ts';
import { type Html, html } from './escape.ts';
import { verdictIcon, verdictTone } from './icons.ts';
import { type Row, table } from './tables.ts';

function checkRow(check: CheckResult, expected: boolean): Row {
  const note = expected && check.verdict === 'invalid' ? ', as expected' : '';
  const tone = verdictTone[check.verdict];
  const chip = html`<span class="chip ${tone}">${verdictIcon(check.verdict)}${verdictWord(check.verdict)}${note}</span>`;
  return {
    cells: [
      html`<strong>${check.check}</strong><span class="kind">${check.kind}</span>`,
      chip,
      check.summary,
      formatMeasure(check.value, check.unit),
      formatMeasure(check.limit, check.unit),
      formatMargin(check),
    ],
  };
}

/** What was checked, how it came out, and how far it was from its limit. */
export function checksSection(input: ReportInput): Html {
  const { checks } = input.verdict;
  const expected = violationExpected(input);
  const body =
    checks.length === 0
      ? html`<p class="note">No check was made.</p>`
      : table({
          caption: 'Checks',
          header: ['Property', 'Verdict', 'In words', 'Measured', 'Limit', 'Margin'],
          words: [0, 1, 2],
          rows: checks.map((check) => checkRow(check, expected)),
        });
  return html`<section class="checks" id="checks"><h2>Checks</h2>${body}</section>`;
}

function strikeRow(strike: StrikeWindow, withoutQuorum: readonly Span[]): Row {
  const { requestedMs, struckMs, healedMs } = strike;
  const target = strike.nodes.length === 0 ? strike.target : `${strike.target}: ${strike.nodes.join(', ')}`;
  const isOutage = strike.outage || leftNoQuorum(strike, withoutQuorum);
  const outage = isOutage ? html` <span class="kind">time without a quorum</span>` : null;
  const row = [
    strike.strike,
    html`${strike.fault}${outage}`,
    target,
    requestedMs === null ? 'never began' : formatAt(requestedMs),
    strike.error === null ? formatAt(struckMs) : `failed: ${strike.error}`,
    formatAt(strike.healRequestedMs),
    formatAt(healedMs),
    struckMs === null || healedMs === null ? '–' : formatMs(healedMs - struckMs),
  ];
  if (requestedMs === null) return { cells: row };
  return { cells: row, fromS: requestedMs / 1000, toS: (healedMs ?? struckMs ?? requestedMs) / 1000 };
}

/** Every strike that was planned, and what became of it. */
export function strikesSection({ recording, verdict }: ReportInput): Html {
  const strikes = strikeWindows(recording);
  if (strikes.length === 0)
    return html`<section id="strikes"><h2>Strikes</h2><p class="note">Nothing was struck.</p></section>`;
  const missing = strikes.filter(({ requestedMs }) => requestedMs === null).length;
  const note =
    missing === 0
      ? null
      : html`<p class="note"><strong>${missing} of ${strikes.length} strikes never began.</strong></p>`;
  return html`<section id="strikes"><h2>Strikes</h2>${note}${table({
    caption: 'Strikes, in seconds since load began',
    header: ['Strike', 'Fault', 'Target', 'Requested', 'In force', 'Heal requested', 'Healed', 'Lasted'],
    words: [0, 1, 2],
    rows: strikes.map((strike) => strikeRow(strike, verdict.withoutQuorum)),
  })}</section>`;
}

function operationsTable({ verdict: { statistics } }: ReportInput): Html {
  const counts = (kind: string, { ok, fail, info }: { ok: number; fail: number; info: number }): Row => ({
    cells: [kind, formatCount(ok), formatCount(fail), formatCount(info)],
  });
  const kinds = Object.entries(statistics.perKind).sort(([a], [b]) => (a < b ? -1 : 1));
  return table({
    caption: 'Operations',
    header: ['Kind', 'ok', 'failed', 'unknown'],
    rows: [...kinds.map(([kind, each]) => counts(kind, each)), counts('all', statistics.operations)],
  });
}

function latencyTable({ verdict: { statistics } }: ReportInput): Html {
  const row = (name: string, figures: typeof statistics.latencyCalmMs): Row => ({
    cells:
      figures === null
        ? [name, '–', '–', '–', '–']
        : [name, formatMs(figures.p50), formatMs(figures.p99), formatMs(figures.p999), formatMs(figures.max)],
  });
  return table({
    caption: 'Latency of successful operations',
    header: ['When', 'p50', 'p99', 'p99.9', 'max'],
    rows: [row('calm', statistics.latencyCalmMs), row('under fault', statistics.latencyFaultMs)],
  });
}

function workTable({ verdict: { statistics } }: ReportInput): Html | null {
  const { work } = statistics;
  if (work === null) return null;
  const [first, ...header] = workHeader;
  const tables = table({
    caption: 'What decisions cost, housekeeping included',
    header: [first, ...header],
    rows: workRows(work).map((cells) => ({ cells })),
  });
  return html`${tables}<p class="note">Messages by type: ${typesInWords(work)}.</p>`;
}

function fact(name: string, value: string): Html {
  return html`<div><dt>${name}</dt><dd>${value}</dd></div>`;
}

/** The engine and its images; none in the simulator. */
function substrateFacts({ recording }: ReportInput): [string, string][] {
  const substrate = substrateOf(recording);
  if (substrate === null) return [];
  const images = Object.entries(substrate.images).map(([use, id]): [string, string] => [
    `Image: ${use}`,
    shortImage(id),
  ]);
  return [['Engine', substrate.engine], ...images];
}

/** Where the run came from, what was left out of this page, and how to run it again. */
export function provenanceSection(input: ReportInput, data: ChartData): Html {
  const { recording, provenance, commands, verdict } = input;
  const { plan } = recording;
  const { mode } = plan.experiment.settings;
  const facts: [string, string][] = [
    ['Experiment', plan.experimentName],
    ['Protocol', plan.bug === undefined ? plan.protocol : `${plan.protocol}, planted bug ${plan.bug}`],
    ...(mode === undefined ? [] : [['Mode', mode] as [string, string]]),
    ...(plan.storage === undefined ? [] : [['Storage', plan.storage] as [string, string]]),
    ['System', plan.system],
    ['Substrate', plan.substrate],
    ...substrateFacts(input),
    ['Nodes', String(plan.nodes.length)],
    ['Seed', String(plan.seed)],
    ['Throughput', `${formatFigure(verdict.statistics.throughputPerSecond)} op/s`],
    ['splitbrain', provenance.splitbrainVersion],
    ['Commit', provenance.commit ?? 'unknown'],
    ['Node', provenance.nodeVersion],
    ['Platform', provenance.platform],
    ['Started', provenance.startedAt],
    ['Took', formatMs(provenance.wallMs)],
    [
      'Recorded',
      `${formatCount(recording.history.length)} history, ${formatCount(recording.events.length)} lab events`,
    ],
  ];
  const left = data.truncated.length === 0 ? ['Nothing was left out of the charts of this page.'] : data.truncated;
  return html`<section id="provenance"><h2>Figures and provenance</h2>
<div class="columns">${operationsTable(input)}${latencyTable(input)}</div>
${workTable(input)}
<p class="why"><span class="label">Why this is asked</span> ${plan.experiment.why}</p>
<dl class="provenance">${facts.map(([name, value]) => fact(name, value))}</dl>
<p class="truncated">${left.join(' ')} Charts bin the run in steps of ${formatMs(data.binMs)}.</p>
<h3>Run it again</h3>
<p class="command-line"><span class="label">Same seed and schedule</span><code>${commands.replay}</code></p>
<p class="command-line"><span class="label">Same experiment</span><code>${commands.run}</code></p>
</section>`;
}
