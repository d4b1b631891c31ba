/** A benchmark on one page of Markdown, for a pull request. */
import { formatCount, formatFigure, formatMs } from '../../reporters/shared/format.ts';
import type { BenchResult, Measurement, Ratio } from '../contracts.ts';
import { batchingFacts, correctionNote, type Facts, originFacts, sameFacts } from './fairness.ts';
import { latencyOf, lostOf, type PointFigures, replicasOf, spreadOf, workloadsOf } from './figures.ts';
import { codeBlock, markdownTable, plain } from './markdown.ts';
import { benchMeaning, benchVerdict } from './verdict.ts';
import {
  aimWords,
  checkWord,
  formatBound,
  formatBytes,
  formatMicroseconds,
  formatPercent,
  formatRate,
  formatRounds,
  formatSide,
  formatSpread,
  formatTimes,
  lineName,
  loadName,
  nothingCompared,
  ratioWords,
  replicaName,
  told,
} from './wording.ts';

/** Under the size that a comment may have, whatever was measured. */
const mostPoints = 60;

function sideCell(each: Ratio['ours'], unit: Ratio['unit']): string {
  return `${formatSide(each.value, unit)}<br>${plain(lineName(each))}: ${plain(each.batching)}`;
}

function ratiosPart(result: BenchResult): string {
  const { ratios } = result;
  if (ratios.length === 0) return nothingCompared(result);
  const header = ['ratio', 'ours', 'theirs', 'median', 'rounds', 'required', 'aim', 'outcome'];
  const rows = ratios.map((ratio) => [
    plain(ratio.name),
    sideCell(ratio.ours, ratio.unit),
    sideCell(ratio.theirs, ratio.unit),
    formatTimes(ratio.ratio, ratio.better),
    formatRounds(ratio),
    formatBound(ratio.required, ratio.better),
    aimWords(ratio),
    `**${ratioWords(ratio)}**`,
  ]);
  return markdownTable(header, rows, [0, 1, 2, 5, 6, 7]);
}

function checksPart({ checks }: BenchResult): string {
  if (checks.length === 0) return 'No history was checked.';
  const rows = checks.map(({ system, verdict, summary, operations, keys, file }) => [
    plain(system),
    verdict === 'valid' ? checkWord(verdict) : `**${checkWord(verdict)}**`,
    plain(summary),
    formatCount(operations),
    formatCount(keys),
    plain(file),
  ]);
  return markdownTable(['system', 'history', 'in words', 'operations', 'keys', 'file'], rows, [0, 1, 2, 5]);
}

function head(figures: PointFigures): string[] {
  return [plain(lineName(figures.line)), plain(loadName(figures.point))];
}

function measuredRow(figures: PointFigures): string[] {
  const { failed, unknown } = lostOf(figures);
  const latency = (['p50', 'p90', 'p99', 'p999', 'max'] as const).map((quantile) => {
    const [corrected, raw] = (['corrected', 'raw'] as const).map((how) =>
      told(latencyOf(figures, quantile, how)?.median, formatMs),
    );
    return `${corrected} (${raw})`;
  });
  return [
    ...head(figures),
    formatSpread(figures.opsPerSecond, formatRate),
    ...latency,
    formatCount(failed),
    formatCount(unknown),
  ];
}

function costRow(figures: PointFigures): string[] {
  const { rounds } = figures;
  const replicas = replicasOf(figures).map((replica) => plain(replicaName(replica, rounds.length)));
  const each = (key: keyof Measurement['perOperation'], write: (value: number) => string) =>
    formatSpread(spreadOf(rounds.map(({ perOperation }) => perOperation[key])), write);
  return [
    ...head(figures),
    replicas.length === 0 ? 'not told' : replicas.join(', '),
    formatSpread(spreadOf(rounds.map(({ generatorCpuPercent }) => generatorCpuPercent)), formatPercent),
    each('cpuMicroseconds', formatMicroseconds),
    each('syncs', formatFigure),
    each('messages', formatFigure),
    each('bytes', formatBytes),
    formatSpread(spreadOf(rounds.map(({ operationsPerBatch }) => operationsPerBatch)), formatFigure),
    each('signatures', formatFigure),
    each('verifications', formatFigure),
  ];
}

function workloadPart([workload, points]: readonly [string, readonly PointFigures[]]): string {
  const shown = points.slice(0, mostPoints);
  const left = points.length - shown.length;
  const rates = ['', 'load', 'throughput', 'p50 (raw)', 'p90 (raw)', 'p99 (raw)', 'p99.9 (raw)', 'max (raw)'];
  const otherCosts = ['messages per op', 'bytes per op', 'ops per batch', 'signatures per op', 'verifications per op'];
  const costs = ['', 'load', 'CPU of the replicas', 'CPU of the generator', 'CPU per op', 'syncs per op'];
  return [
    `## Workload ${plain(workload)}`,
    markdownTable([...rates, 'failed ops', 'unknown ops'], shown.map(measuredRow), [0, 1]),
    '<details><summary>What an operation costs</summary>',
    markdownTable([...costs, ...otherCosts], shown.map(costRow), [0, 1, 2]),
    '</details>',
    ...(left > 0 ? [`${formatCount(left)} more points are in bench.json.`] : []),
  ].join('\n\n');
}

function factsPart(facts: Facts): string {
  return facts.map(([name, text]) => `- ${plain(name)}: ${plain(text)}`).join('\n');
}

/** The content of `bench.md`. */
export function benchMarkdown(result: BenchResult, command: string): string {
  const { outcome, sentence } = benchVerdict(result);
  const batching = batchingFacts(result);
  const workloads = workloadsOf(result);
  return `${[
    `# ${outcome}: ${plain(sentence)}`,
    benchMeaning[outcome],
    '## Ratios',
    ratiosPart(result),
    '## Checked histories',
    checksPart(result),
    ...(workloads.length === 0 ? ['Nothing was measured.'] : workloads.map(workloadPart)),
    `Figures are medians of the rounds, with the extremes beside them. CPU is of one core. ${correctionNote}`,
    '## What is compared',
    factsPart(sameFacts(result)),
    ...(batching.length === 0 ? [] : ['What shares a message, a log entry or a sync:', factsPart(batching)]),
    '## Run it again',
    codeBlock(command),
    factsPart(originFacts(result)),
  ].join('\n\n')}\n`;
}
