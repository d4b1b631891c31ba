/** What a benchmark says in a word and a sentence. */
import { formatCount, formatMs } from '../../reporters/shared/format.ts';
import type { BenchResult, Ratio } from '../contracts.ts';
import { isOwn } from '../own-systems.ts';
import { latencyOf, type PointFigures, pointsOf } from './figures.ts';
import {
  capital,
  formatBound,
  formatRate,
  formatSide,
  formatTimes,
  lineName,
  loadName,
  ratioState,
  systemName,
  told,
} from './wording.ts';

export type BenchOutcome = 'MET' | 'NOT MET' | 'WRONG ANSWERS' | 'UNDECIDED' | 'MEASURED' | 'NOTHING MEASURED';

export interface BenchVerdict {
  readonly outcome: BenchOutcome;
  readonly sentence: string;
}

/** What an outcome means, for a reader who sees one for the first time. */
export const benchMeaning: Readonly<Record<BenchOutcome, string>> = {
  MET: 'Every ratio is what it must be.',
  'NOT MET': 'A ratio is not what it must be.',
  'WRONG ANSWERS': 'A recorded history contradicts a single copy. The figures prove nothing.',
  UNDECIDED: 'A check or a ratio could not be decided. It is not a pass.',
  MEASURED: 'Nothing was required of these figures.',
  'NOTHING MEASURED': 'No operation was acknowledged. It is not a pass.',
};

/** Where the figures prove nothing, nothing may look like a pass. */
export function provesSomething(outcome: BenchOutcome): boolean {
  return outcome === 'MET' || outcome === 'NOT MET' || outcome === 'MEASURED';
}

const mostNamed = 2;

function outcomeOf({ measurements, ratios, checks }: BenchResult): BenchOutcome {
  const required = ratios.filter((ratio) => ratio.required !== null);
  if (checks.some(({ verdict }) => verdict === 'invalid')) return 'WRONG ANSWERS';
  if (!measurements.some(({ load }) => load.ok > 0)) return 'NOTHING MEASURED';
  if (required.some((ratio) => ratioState(ratio) === 'not met')) return 'NOT MET';
  if (checks.some(({ verdict }) => verdict === 'unknown')) return 'UNDECIDED';
  if (required.some((ratio) => ratioState(ratio) === 'not told')) return 'UNDECIDED';
  return required.length > 0 ? 'MET' : 'MEASURED';
}

/** The ratio that a reader wants first: of those of which something is required, a rate before a time. */
function firstRatio(ratios: readonly Ratio[]): Ratio | undefined {
  const told = ratios.filter(({ ratio, required }) => Number.isFinite(ratio) && required !== null);
  return told.find(({ unit }) => unit === 'ops/s') ?? told[0];
}

/** `131,000 puts/s at 1,000 clients`, from a name such as `puts/s, 1,000 clients` or `puts/s by raft, 1,000 clients`. */
function oursText({ name, unit, ours }: Ratio): string {
  const [, rate, load] = /^((?:\S+ )?\S+\/s)(?: by [^,]+)?, (\d.*)$/.exec(name) ?? [];
  if (unit === 'ops/s' && rate !== undefined && load !== undefined && Number.isFinite(ours.value)) {
    return `${formatSide(ours.value, unit).replace(/ ops\/s$/, '')} ${rate} at ${load}`;
  }
  return `${name}: ${formatSide(ours.value, unit)}`;
}

function ratioSentence(result: BenchResult, ratio: Ratio): string {
  const times = formatTimes(ratio.ratio, ratio.better).replace(' ×', ' times');
  const theirs = `${systemName(result, ratio.theirs.system)} over ${ratio.theirs.driver}`;
  return `${capital(lineName(ratio.ours))}: ${oursText(ratio)}, ${times} ${theirs}.`;
}

/** The most operations a second that any line of ours reached, where there is nothing to compare with. */
export function bestPoint(points: readonly PointFigures[]): PointFigures | undefined {
  return points.reduce<PointFigures | undefined>(
    (best, point) => ((point.opsPerSecond?.median ?? -1) > (best?.opsPerSecond?.median ?? -1) ? point : best),
    undefined,
  );
}

function bestSentence(result: BenchResult): string {
  const points = pointsOf(result);
  const ours = points.filter(({ point }) => isOwn(result.plan, point.system));
  const best = bestPoint(ours) ?? bestPoint(points);
  if (best === undefined) return 'Nothing was measured.';
  if (latencyOf(best, 'p50') === null) return `${capital(lineName(best.line))}: no operation was acknowledged.`;
  const [p50, p99] = (['p50', 'p99'] as const).map((quantile) => told(latencyOf(best, quantile)?.median, formatMs));
  const rate = told(best.opsPerSecond?.median, formatRate);
  const peers = result.plan.peers.length === 0 ? ' No peer ran.' : '';
  return `${capital(lineName(best.line))}: up to ${rate} (${best.point.workload}), at ${loadName(best.point)} with a latency of ${p50} at p50 and ${p99} at p99.${peers}`;
}

function requirementsSentence(ratios: readonly Ratio[]): string[] {
  const required = ratios.filter((ratio) => ratio.required !== null);
  if (required.length === 0) return [];
  const met = required.filter((ratio) => ratioState(ratio) === 'met');
  const missed = required.filter((ratio) => ratioState(ratio) !== 'met');
  if (missed.length === 0) return [required.length === 1 ? 'Met.' : `All ${required.length} required ratios are met.`];
  const named = missed
    .slice(0, mostNamed)
    .map(
      ({ name, ratio, required: bound, better }) =>
        `${name} (${formatTimes(ratio, better)}, required ${formatBound(bound, better)})`,
    );
  const more = missed.length > mostNamed ? ` and ${formatCount(missed.length - mostNamed)} more` : '';
  return [`${met.length} of ${required.length} required ratios are met; not met: ${named.join('; ')}${more}.`];
}

function checksSentence({ checks }: BenchResult): string[] {
  const names = (verdict: 'invalid' | 'unknown') =>
    [...new Set(checks.filter((check) => check.verdict === verdict).map(({ system }) => system))].join(', ');
  const invalid = names('invalid');
  const unknown = names('unknown');
  return [
    ...(invalid === '' ? [] : [`The check of the recorded history found wrong answers: ${invalid}.`]),
    ...(unknown === '' ? [] : [`The check of the recorded history was not passed, since it is undecided: ${unknown}.`]),
  ];
}

/** The outcome, and the figures that matter in plain words. */
export function benchVerdict(result: BenchResult): BenchVerdict {
  const first = firstRatio(result.ratios);
  const sentence = [
    first === undefined ? bestSentence(result) : ratioSentence(result, first),
    ...requirementsSentence(result.ratios),
    ...checksSentence(result),
  ].join(' ');
  return { outcome: outcomeOf(result), sentence };
}
