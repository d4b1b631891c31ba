/** What contradicts a property: the sentences, the operations as bars per process, and the fault that was in force. */
import type { CompletedOperation } from '../../contracts/operations.ts';
import type { ReportInput } from '../../contracts/report.ts';
import type { CheckResult, Evidence } from '../../contracts/verdict.ts';
import { pairOperations } from '../../history.ts';
import { type StrikeWindow, strikeWindows } from '../../statistics.ts';
import { describeOperation, formatAt, formatCount, formatMs, violationExpected } from '../shared/format.ts';
import { unknownSinceMs } from '../shared/series.ts';
import { strikeLabel } from './chart-data.ts';
import { type Html, html } from './escape.ts';
import { type Bar, operationBars } from './operation-bars.ts';
import { showing, table } from './tables.ts';

const mostEvidence = 5;
const mostSentences = 40;
const mostFaults = 4;
const mostNamed = 40;
const mostAround = 12;

interface Counterexample {
  readonly check: CheckResult;
  readonly evidence: Evidence;
}

/** To the microsecond, since a window may be shorter than a millisecond. */
function seconds(ms: number): number {
  return Math.round(ms * 1000) / 1_000_000;
}

/** What a drawing shows, and how much there is besides. */
interface Relevant {
  readonly shown: readonly CompletedOperation[];
  readonly total: number;
  /** Writes on these keys from before the window that nobody knows the outcome of: each may take effect in it. */
  readonly open: number;
}

/**
 * The operations that the evidence names, and of those on the same keys that were under way at the same time the latest.
 * A read without an answer explains nothing, and what failed did not happen.
 */
function relevantOperations(operations: readonly CompletedOperation[], evidence: Evidence): Relevant {
  const ops = new Set(evidence.ops);
  const named = operations.filter(({ op }) => ops.has(op));
  const keys = new Set(named.map(({ key }) => key));
  const others = operations.filter(({ op, key, type, f, invokeMs, completeMs }) => {
    const matters = type === 'ok' || (type === 'info' && f !== 'read');
    return !ops.has(op) && keys.has(key) && matters && invokeMs <= evidence.toMs && completeMs >= evidence.fromMs;
  });
  const around = others.filter(({ type, invokeMs }) => type === 'ok' || invokeMs >= evidence.fromMs);
  return {
    shown: [...named.slice(0, mostNamed), ...around.slice(-mostAround)],
    total: named.length + around.length,
    open: others.length - around.length,
  };
}

function openSentence(open: number): Html | null {
  if (open === 0) return null;
  return html`<p class="truncated">Not drawn: ${formatCount(open)} earlier ${open === 1 ? 'write' : 'writes'} on these keys
that nobody knows the outcome of, and that may have taken effect at any time since.</p>`;
}

function barsOf(shown: readonly CompletedOperation[], evidence: Evidence, unknown: Map<number, number>): Bar[] {
  const named = new Set(evidence.ops);
  return shown.map((operation) => ({
    lane: `process ${operation.process}`,
    fromMs: operation.invokeMs,
    toMs: operation.completeMs,
    label: describeOperation(operation),
    title: `operation ${operation.op}: ${describeOperation(operation)}, from ${formatAt(operation.invokeMs)} to ${formatAt(unknown.get(operation.op) ?? operation.completeMs)}`,
    outcome: operation.type,
    named: named.has(operation.op),
  }));
}

/** Says in words which faults were in force, or how long ago the last one was. */
function faultSentence(strikes: readonly StrikeWindow[], { fromMs, toMs }: Evidence): string {
  const active = strikes.filter(
    ({ struckMs, healedMs }) => struckMs !== null && struckMs <= toMs && (healedMs ?? toMs) >= fromMs,
  );
  if (active.length > 0) {
    const each = active.slice(0, mostFaults).map((strike) => {
      const until = strike.healedMs === null ? 'to the end' : `to ${formatAt(strike.healedMs)}`;
      return `${strikeLabel(strike)} (strike ${strike.strike}, from ${formatAt(strike.struckMs)} ${until})`;
    });
    const more = active.length > each.length ? `; and ${active.length - each.length} more` : '';
    return `In force at the time: ${each.join('; ')}${more}.`;
  }
  const before = strikes.filter(({ healedMs }) => healedMs !== null && healedMs < fromMs);
  const last = before.reduce<StrikeWindow | null>(
    (latest, strike) => ((strike.healedMs ?? 0) > (latest?.healedMs ?? -1) ? strike : latest),
    null,
  );
  if (last === null) return 'No fault had been struck by then.';
  return `No fault was in force. The last one, ${strikeLabel(last)}, had been healed ${formatMs(fromMs - (last.healedMs ?? 0))} before.`;
}

function windowText({ fromMs, toMs }: Evidence): string {
  if (toMs <= fromMs) return `at ${formatAt(fromMs)}`;
  return `${formatAt(fromMs)} to ${formatAt(toMs)}, ${formatMs(toMs - fromMs)} long`;
}

function operationsTable(shown: readonly CompletedOperation[], evidence: Evidence, unknown: Map<number, number>): Html {
  return html`<details class="data"><summary>Data table</summary>${table({
    caption: 'Operations of the window',
    header: ['Operation', 'Process', 'What', 'Outcome', 'Invoked', 'Completed'],
    words: [2, 3],
    rows: shown.map((operation) => ({
      cells: [
        operation.op,
        operation.process,
        html`${describeOperation(operation)}${evidence.ops.includes(operation.op) ? html` <strong>named above</strong>` : null}`,
        { ok: 'ok', fail: 'failed', info: 'unknown' }[operation.type],
        formatAt(operation.invokeMs),
        formatAt(unknown.get(operation.op) ?? operation.completeMs),
      ],
    })),
  })}</details>`;
}

function counterexample(
  { check, evidence }: Counterexample,
  input: ReportInput,
  operations: readonly CompletedOperation[],
  position: number,
): Html {
  const strikes = strikeWindows(input.recording);
  const unknown = unknownSinceMs(input.recording.history);
  const { shown, total, open } = relevantOperations(operations, evidence);
  const sentences = evidence.sentences.slice(0, mostSentences);
  const bars = barsOf(shown, evidence, unknown);
  const drawing =
    bars.length === 0
      ? null
      : html`<div class="scroll" tabindex="0" role="region" aria-label="Operations of the window">${operationBars({
          id: `window-${position}`,
          bars,
          window: evidence,
          faults: strikes
            .filter(({ struckMs }) => struckMs !== null)
            .map((strike) => ({
              fromMs: strike.struckMs ?? 0,
              toMs: strike.healedMs ?? Number.POSITIVE_INFINITY,
              label: strikeLabel(strike),
            })),
        })}</div>${showing(shown.length, total, 'operations on these keys in this window')}${openSentence(open)}
${operationsTable(shown, evidence, unknown)}`;
  return html`<article class="counterexample">
<header><h3>${check.check} <span class="kind">${check.kind}</span></h3>
<p>${windowText(evidence)}</p>
<button type="button" class="button" data-range-from="${seconds(evidence.fromMs)}" data-range-to="${seconds(evidence.toMs)}">Show in the timeline</button></header>
<ol class="sentences">${sentences.map((sentence) => html`<li>${sentence}</li>`)}</ol>
${showing(sentences.length, evidence.sentences.length, 'sentences')}
<p class="fault">${faultSentence(strikes, evidence)}</p>
${drawing}
</article>`;
}

/** Nothing where no check has evidence. */
export function counterExampleSection(input: ReportInput): Html | null {
  const all: Counterexample[] = input.verdict.checks.flatMap((check) =>
    check.evidence.map((evidence) => ({ check, evidence })),
  );
  if (all.length === 0) return null;
  // What is violated comes first, and of that what was so first: the rest may well follow from it.
  const rank = ({ check, evidence }: Counterexample) => (check.verdict === 'invalid' ? 0 : 1e12) + evidence.toMs;
  const shown = [...all].sort((a, b) => rank(a) - rank(b)).slice(0, mostEvidence);
  const operations = pairOperations(input.recording.history);
  const violated = all.some(({ check }) => check.verdict === 'invalid');
  const title = violationExpected(input)
    ? 'What was found, as expected'
    : violated
      ? 'What cannot be explained'
      : 'What remains open';
  return html`<section class="counterexamples" id="counterexample" aria-labelledby="counterexample-title">
<h2 id="counterexample-title">${title}</h2>
${shown.map((each, i) => counterexample(each, input, operations, i))}
${showing(shown.length, all.length, `counter-examples; ${formatCount(all.length)} are in result.json`)}
</section>`;
}
