/** The figures that decide, each beside its limit. */
import type { ReportInput } from '../../contracts/report.ts';
import type { CheckResult } from '../../contracts/verdict.ts';
import { calmRatePerSecond } from '../../statistics.ts';
import { count } from '../../words.ts';
import { waitInWords } from '../shared/duels.ts';
import { formatCount, formatMs } from '../shared/format.ts';
import { type Html, html } from './escape.ts';

export type TileTone = 'good' | 'bad' | 'unsure' | 'neutral';

export interface Tile {
  readonly label: string;
  readonly value: string;
  /** The limit in words, or that there is none. */
  readonly limit: string;
  readonly tone: TileTone;
  /** How much of the limit was used up; null where there is no limit. */
  readonly share: number | null;
  /** The word for the tone, where the usual one does not fit. */
  readonly state?: string;
  /** More about the figure, below it. */
  readonly detail?: string;
}

const toneWords: Readonly<Record<TileTone, string>> = { good: 'within', bad: 'over', unsure: 'undecided', neutral: '' };

/** A bar is an image of two figures that stand beside it in words, so it is hidden from screen readers. */
function gauge(share: number | null): Html {
  const width = share === null ? 0 : Math.round(Math.min(1, Math.max(0.01, share)) * 100);
  const filled = share === null ? null : html`<rect class="filled" width="${width}" height="4" rx="2"/>`;
  return html`<svg class="gauge" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
<rect class="track" width="100" height="4" rx="2"/>${filled}</svg>`;
}

function tile({ label, value, limit, tone, share, state = toneWords[tone], detail }: Tile): Html {
  const word = state === '' ? null : html`<span class="state">${state}</span>`;
  const more = detail === undefined ? null : html`<span class="detail">${detail}</span>`;
  return html`<div class="tile ${tone}"><dt>${label}</dt><dd><span class="value">${value}</span>
${gauge(share)}<span class="limit">${limit}${word}</span>${more}</dd></div>`;
}

/** Figures side by side. */
export function tileList(shown: readonly Tile[]): Html {
  return html`<dl class="tiles" aria-label="Key figures">${shown.map(tile)}</dl>`;
}

function contradictions(checks: readonly CheckResult[]): Tile {
  const safety = checks.filter((check) => check.kind === 'safety');
  const found = safety
    .filter((check) => check.verdict === 'invalid')
    .reduce((count, check) => count + Math.max(1, check.evidence.length), 0);
  const decided = safety.length > 0 && safety.every((check) => check.verdict !== 'unknown');
  return {
    label: 'Lost, stale or contradictory',
    value: found === 0 && !decided ? '?' : formatCount(found),
    limit: 'limit 0',
    tone: found > 0 ? 'bad' : decided ? 'good' : 'unsure',
    share: found > 0 ? 1 : null,
  };
}

const toneOf: Readonly<Record<CheckResult['verdict'], TileTone>> = { valid: 'good', invalid: 'bad', unknown: 'unsure' };

/** The check that holds a figure against its limit; time without a quorum, say, is none of its business. */
function limited({ verdict }: ReportInput, name: string): CheckResult | undefined {
  return verdict.checks.find(({ check, value, limit }) => check === name && value !== undefined && limit !== undefined);
}

function outage(input: ReportInput): Tile {
  const check = limited(input, 'availability');
  const limit = check?.limit ?? input.recording.plan.experiment.limits.outage;
  const value = check?.value ?? input.verdict.statistics.longestOutageMs;
  const isExcused =
    input.verdict.withoutQuorum.length > 0 || input.recording.plan.strikes.some((strike) => strike.outage);
  return {
    label: isExcused ? 'Outage despite a quorum' : 'Longest outage of writes',
    value: formatMs(value),
    limit: `limit ${formatMs(limit)}`,
    tone: check === undefined ? 'neutral' : toneOf[check.verdict],
    share: limit > 0 ? value / limit : null,
  };
}

function recovery(input: ReportInput): Tile {
  const value = input.verdict.statistics.recoveryTo95Ms;
  const calm = calmRatePerSecond(input.recording);
  const healed = input.recording.events.some((event) => event.type === 'healed');
  const check = limited(input, 'recovery');
  const [next, limit] = [check?.value ?? 0, check?.limit ?? 0];
  return {
    label: 'Recovery to 95 % of calm',
    value: value === null ? (healed && calm !== null ? 'not reached' : '–') : formatMs(value),
    limit: check === undefined ? 'no limit' : `first write ${formatMs(next)}, limit ${formatMs(limit)}`,
    tone: check === undefined || next <= limit ? 'neutral' : 'bad',
    share: limit > 0 ? next / limit : null,
  };
}

/** `24 → 846 ms`, or with both units where they differ. */
function fromTo(calm: string, fault: string): string {
  const unit = / \S+$/.exec(fault)?.[0] ?? '';
  return `${unit !== '' && calm.endsWith(unit) ? calm.slice(0, -unit.length) : calm} → ${fault}`;
}

function latency({ recording: { plan }, verdict: { statistics } }: ReportInput): Tile {
  const calm = statistics.latencyCalmMs;
  const fault = statistics.latencyFaultMs;
  const timeoutMs = plan.experiment.load.timeout;
  return {
    label: 'p99 calm → under fault',
    value: fromTo(calm === null ? '–' : formatMs(calm.p99), fault === null ? '–' : formatMs(fault.p99)),
    limit: `clients give up at ${formatMs(timeoutMs)}`,
    tone: 'neutral',
    share: fault === null || timeoutMs <= 0 ? null : fault.p99 / timeoutMs,
  };
}

function leaders({ recording, verdict: { statistics } }: ReportInput): Tile {
  const strikes = recording.events.filter((event) => event.type === 'struck').length;
  const reports = recording.events.some((event) => event.type === 'role');
  return {
    label: 'Leader changes',
    value: reports ? formatCount(statistics.leaderChanges) : '–',
    limit: `${formatCount(strikes)} ${strikes === 1 ? 'strike' : 'strikes'}; no limit`,
    tone: 'neutral',
    share: null,
  };
}

/** Where proposers overtook each other; that alone breaks nothing, so there is no limit. */
function duel({ verdict: { statistics } }: ReportInput, epochName: string): Tile[] {
  if (statistics.duels === null) return [];
  const { overtaken, longest } = statistics.duels;
  const limit = `overtaken; ${waitInWords(longest)}; no limit`;
  return [{ label: 'Duels', value: count(overtaken, epochName), limit, tone: 'neutral', share: null }];
}

/** What runs on containers aim at, in milliseconds. Not limits: the machine has its part in it, so no verdict hangs on it. */
const aims = { boot: 5000, effect: 100 };
/** Faults that are there at once or not at all; how soon a slow link is noticed depends on how slow it is. */
const sudden: ReadonlySet<string> = new Set(['crash', 'cut', 'one-way-cut', 'pause']);

function boot({ verdict: { statistics } }: ReportInput): Tile[] {
  const value = statistics.bootToFirstWriteMs;
  if (value === null) return [];
  const limit = `aim ${formatMs(aims.boot)}`;
  return [{ label: 'Boot to first write', value: formatMs(value), limit, tone: 'neutral', share: value / aims.boot }];
}

function effect({ verdict: { statistics } }: ReportInput): Tile[] {
  const effects = statistics.strikeEffects.filter(({ fault }) => sudden.has(fault));
  if (effects.length === 0) return [];
  const value = effects.reduce((slowest, { maxMs }) => Math.max(slowest, maxMs), 0);
  const each = effects.map(({ fault, maxMs }) => `${fault} ${formatMs(maxMs)}`).join(', ');
  const limit = `${each}; aim ${formatMs(aims.effect)}`;
  return [{ label: 'Strike to effect', value: formatMs(value), limit, tone: 'neutral', share: value / aims.effect }];
}

/** Five figures, duels where there were any, and on containers how prompt the lab was. Where the run proves nothing, nothing in it is green. */
export function tiles(input: ReportInput, epochName: string): Html {
  const proves = input.verdict.outcome === 'PASS' || input.verdict.outcome.startsWith('FAIL');
  const prompt = input.recording.plan.substrate === 'docker' ? [...boot(input), ...effect(input)] : [];
  const five = [contradictions(input.verdict.checks), outage(input), recovery(input), latency(input), leaders(input)];
  const all = [...five, ...duel(input, epochName), ...prompt];
  return tileList(all.map((each): Tile => (each.tone === 'good' && !proves ? { ...each, tone: 'neutral' } : each)));
}
