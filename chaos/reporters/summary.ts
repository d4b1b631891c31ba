import type { Recording } from '../contracts/events.ts';
import type { Reporter, ReportInput } from '../contracts/report.ts';
import type { RunStatistics } from '../contracts/statistics.ts';
import type { CheckResult, Evidence } from '../contracts/verdict.ts';
import { convictionsOf } from '../convictions.ts';
import { epochNameOf } from '../epoch-name.ts';
import { type Conviction, convictionSentences } from '../evidence.ts';
import { spellsOf } from '../malice.ts';
import { lengthMs } from '../spans.ts';
import { loadSpan, type StrikeWindow, strikeWindows } from '../statistics.ts';
import { count, protocolInWords } from '../words.ts';
import { duelRows } from './shared/duels.ts';
import {
  formatAt,
  formatBytes,
  formatCount,
  formatFigure,
  formatMargin,
  formatMeasure,
  formatMs,
  verdictWord,
  violationExpected,
} from './shared/format.ts';
import { type NodeLane, nodeLanes, type Observations, observationsOf, observedSpans } from './shared/series.ts';
import { shortImage, substrateOf } from './shared/substrate.ts';
import { typesInWords, workHeader, workRows } from './shared/work.ts';

/** Under the size that a job summary may have, whatever a run did. */
const mostStrikes = 200;
const mostEvidence = 20;
const mostSentences = 50;
const mostSightings = 3;

/** Text as Markdown shows it literally, on one line: neither markup nor HTML, nor the end of a table cell. */
function plain(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replace(/[\\`*_[\]|~#]/g, '\\$&')
    .replace(/\s+/gu, ' ');
}

/** A command as a block; the fence is longer than any run of backticks within. */
function code(text: string): string {
  const longest = (text.match(/`+/g) ?? []).reduce((length, run) => Math.max(length, run.length), 2);
  const fence = '`'.repeat(longest + 1);
  return `${fence}sh\n${text.replace(/\s+/gu, ' ')}\n${fence}`;
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n');
}

function showing(shown: number, all: number, what: string): string {
  return shown === all ? '' : `\n\nShowing ${formatCount(shown)} of ${formatCount(all)} ${what}.`;
}

function checksTable(checks: readonly CheckResult[]): string {
  if (checks.length === 0) return 'No check was made.';
  return table(
    ['check', 'kind', 'verdict', 'measured', 'limit', 'margin', 'in words'],
    checks.map((check) => [
      plain(check.check),
      check.kind,
      check.verdict === 'valid' ? verdictWord(check.verdict) : `**${verdictWord(check.verdict)}**`,
      formatMeasure(check.value, check.unit),
      formatMeasure(check.limit, check.unit),
      formatMargin(check),
      plain(check.summary),
    ]),
  );
}

function evidenceBlock(check: CheckResult, { sentences, fromMs, toMs }: Evidence): string {
  const steps = sentences.slice(0, mostSentences).map((sentence, i) => `${i + 1}. ${plain(sentence)}`);
  const head = `**${plain(check.check)}**, from ${formatAt(fromMs)} to ${formatAt(toMs)}:`;
  return `${head}\n\n${steps.join('\n')}${showing(steps.length, sentences.length, 'sentences')}`;
}

function counterExamples(input: ReportInput): string[] {
  const all = input.verdict.checks.flatMap((check) => check.evidence.map((evidence) => ({ check, evidence })));
  if (all.length === 0) return [];
  const shown = all.slice(0, mostEvidence).map(({ check, evidence }) => evidenceBlock(check, evidence));
  const title = violationExpected(input) ? 'What was found, as expected' : 'What contradicts';
  return [`## ${title}`, `${shown.join('\n\n')}${showing(shown.length, all.length, 'counter-examples')}`];
}

/** What the substrate saw of the strike, whatever was requested. */
function observed(window: StrikeWindow, lanes: readonly NodeLane[], observations: Observations): string {
  const own = lanes.filter(({ node }) => window.nodes.includes(node));
  const seen = own.flatMap((lane) =>
    observedSpans(observations, window, lane).map((span) => {
      const time =
        span.toMs > span.fromMs ? `${formatAt(span.fromMs)} to ${formatAt(span.toMs)}` : formatAt(span.fromMs);
      return span.toMs > span.fromMs ? `${lane.node} ${span.what} ${time}` : `${span.what} at ${time}`;
    }),
  );
  const all = [...new Set(seen)];
  if (all.length === 0) return window.requestedMs === null ? '–' : 'nothing';
  return `${plain(all.slice(0, mostSightings).join('; '))}${all.length > mostSightings ? `; and ${all.length - mostSightings} more` : ''}`;
}

function strikeRow(window: StrikeWindow): string[] {
  const target = window.nodes.length === 0 ? window.target : `${window.target}: ${window.nodes.join(', ')}`;
  const lasted = window.struckMs !== null && window.healedMs !== null ? window.healedMs - window.struckMs : null;
  return [
    plain(window.strike),
    plain(window.fault),
    plain(target),
    window.requestedMs === null ? 'never began' : formatAt(window.requestedMs),
    window.error === null ? formatAt(window.struckMs) : `failed: ${plain(window.error)}`,
    formatAt(window.healRequestedMs),
    formatAt(window.healedMs),
    lasted === null ? '–' : formatMs(lasted),
  ];
}

function strikesTable(input: ReportInput): string {
  const windows = strikeWindows(input.recording);
  if (windows.length === 0) return 'Nothing was struck.';
  const shown = windows.slice(0, mostStrikes);
  const lanes = nodeLanes(input.recording);
  const observations = observationsOf(input.recording);
  const header = [
    'strike',
    'fault',
    'target',
    'requested',
    'in force',
    'heal requested',
    'healed',
    'lasted',
    'observed',
  ];
  const rows = shown.map((window) => [...strikeRow(window), observed(window, lanes, observations)]);
  return `${table(header, rows)}${showing(shown.length, windows.length, 'strikes')}`;
}

/** Who was malicious, how, and when; nothing where nobody was. */
function malice(recording: Recording): string[] {
  const spells = spellsOf(recording);
  if (spells.length === 0) return [];
  const shown = spells.slice(0, mostStrikes);
  const rows = shown.map(({ node, behaviour, fromMs, toMs, deceived }) => [
    plain(node),
    plain(behaviour),
    fromMs === null ? 'the start' : formatAt(fromMs),
    toMs === null ? 'the end' : formatAt(toMs),
    deceived ? 'yes' : 'no: it had no occasion',
  ]);
  const header = ['replica', 'behaviour', 'from', 'to', 'deceived'];
  return ['## Malicious replicas', `${table(header, rows)}${showing(shown.length, spells.length, 'spells')}`];
}

/** How soon the cluster served and how soon strikes bit, where that was seen. */
function promptness({ bootToFirstWriteMs, strikeEffects }: RunStatistics): string[][] {
  const boot =
    bootToFirstWriteMs === null ? [] : [['boot to the first acknowledged write', formatMs(bootToFirstWriteMs)]];
  const effects = strikeEffects.map(({ fault, strikes, medianMs, maxMs }) => [
    `from a strike's command to its effect: ${plain(fault)}`,
    `median ${formatMs(medianMs)}, max ${formatMs(maxMs)} (${count(strikes, 'strike')})`,
  ]);
  return [...boot, ...effects];
}

/** What the replicas held, where that was sampled. */
function footprint({ compactions, peakFootprint: peak }: RunStatistics): string[][] {
  if (peak === null) return [];
  return [
    ['compactions of a log', formatCount(compactions)],
    [
      'the most that a replica held: log / snapshot on disk',
      `${formatBytes(peak.logBytes)} / ${formatBytes(peak.snapshotBytes)}`,
    ],
    ['the most that a replica held: payloads and state in memory', formatBytes(peak.memoryBytes)],
  ];
}

function statisticsTables({ recording, verdict }: ReportInput, epoch: string): string {
  const { statistics, withoutQuorum } = verdict;
  const load = loadSpan(recording);
  const latency = (key: 'latencyCalmMs' | 'latencyFaultMs') => {
    const figures = statistics[key];
    return figures === null
      ? 'nothing succeeded'
      : `${formatMs(figures.p50)} / ${formatMs(figures.p99)} / ${formatMs(figures.p999)} / ${formatMs(figures.max)}`;
  };
  const figures = table(
    ['figure', 'value'],
    [
      ['load', formatMs(load.toMs - load.fromMs)],
      ['throughput', `${formatFigure(statistics.throughputPerSecond)} op/s`],
      ['latency calm, p50 / p99 / p99.9 / max', latency('latencyCalmMs')],
      ['latency under fault, p50 / p99 / p99.9 / max', latency('latencyFaultMs')],
      ['longest stretch without a successful write', formatMs(statistics.longestOutageMs)],
      ...(withoutQuorum.length === 0 ? [] : [['time without a quorum', formatMs(lengthMs(withoutQuorum))]]),
      [
        'recovery to 95 % of calm throughput',
        statistics.recoveryTo95Ms === null ? 'not reached' : formatMs(statistics.recoveryTo95Ms),
      ],
      ['leader changes', formatCount(statistics.leaderChanges)],
      ...duelRows(statistics.duels, epoch),
      ...footprint(statistics),
      ...promptness(statistics),
    ],
  );
  const counts = ([kind, { ok, fail, info }]: [string, { ok: number; fail: number; info: number }]) => [
    plain(kind),
    formatCount(ok),
    formatCount(fail),
    formatCount(info),
  ];
  const kinds: [string, { ok: number; fail: number; info: number }][] = [
    ...Object.entries(statistics.perKind).sort(([a], [b]) => (a < b ? -1 : 1)),
    ['all', statistics.operations],
  ];
  const operations = table(['operation', 'ok', 'failed', 'unknown'], kinds.map(counts));
  return [figures, operations, ...workTable(statistics)].join('\n\n');
}

/** What decisions cost, where it was counted. */
function workTable({ work }: RunStatistics): string[] {
  if (work === null) return [];
  return [table(workHeader, workRows(work)), `Messages by type: ${plain(typesInWords(work))}.`];
}

function origin({ recording, provenance }: ReportInput): string {
  const { plan } = recording;
  const bug = plan.bug === undefined ? '' : `, planted bug ${plain(plan.bug)}`;
  const storage = plan.storage === undefined ? '' : `, log in ${plain(plan.storage)}`;
  const commit = provenance.commit === null ? '' : ` (commit ${plain(provenance.commit)})`;
  return [
    `${plain(plan.experimentName)} on ${plain(plan.substrate)}: ${plain(protocolInWords(plan))}${bug}${storage}, ${plan.nodes.length}`,
    `${plan.nodes.length === 1 ? 'node' : 'nodes'}, seed ${plan.seed}. splitbrain ${plain(provenance.splitbrainVersion)}${commit},`,
    `Node ${plain(provenance.nodeVersion)}, ${plain(provenance.platform)}, started ${plain(provenance.startedAt)},`,
    `took ${formatMs(provenance.wallMs)}.`,
    ...engineOf(recording),
  ].join(' ');
}

/** The engine and its images in a sentence; none in the simulator. */
function engineOf(recording: Recording): string[] {
  const substrate = substrateOf(recording);
  if (substrate === null) return [];
  const images = Object.entries(substrate.images).map(([use, id]) => `${plain(use)} image ${plain(shortImage(id))}`);
  return [`${[`Engine ${plain(substrate.engine)}`, ...images].join(', ')}.`];
}

/** Who is convicted by what it signed, a sentence each. */
function convicted(convictions: readonly Conviction[]): string[] {
  if (convictions.length === 0) return [];
  const sentences = convictionSentences(convictions).map((sentence) => `- ${plain(sentence)}`);
  return ['## Convicted', sentences.join('\n')];
}

function render(input: ReportInput, epoch: string, convictions: readonly Conviction[]): string {
  const { recording, verdict, commands } = input;
  return `${[
    `# ${verdict.outcome}: ${plain(verdict.sentence)}`,
    `Question: ${plain(recording.plan.experiment.question)}`,
    '## Checks',
    checksTable(verdict.checks),
    ...counterExamples(input),
    ...convicted(convictions),
    '## Strikes',
    strikesTable(input),
    ...malice(recording),
    '## Figures',
    statisticsTables(input, epoch),
    '## Run it again',
    'The same schedule and seed:',
    code(commands.replay),
    'The same experiment:',
    code(commands.run),
    origin(input),
  ].join('\n\n')}\n`;
}

/** The run on one page, for a job summary or a pull request. */
const reporter: Reporter = {
  summary: 'summary.md: the run on one page of Markdown',
  render: async (input) => {
    const epochName = await epochNameOf(input.recording.plan);
    return [{ name: 'summary.md', content: render(input, epochName, await convictionsOf(input.recording)) }];
  },
};

export default reporter;
