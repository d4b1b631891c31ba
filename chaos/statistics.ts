/**
 * The figures of a run: what tiles, tables and thresholds are about. Pure: the same recording gives the same figures.
 * All times are milliseconds since load began.
 */

import type { NodeId } from '../node/contract/ids.ts';
import type { LabEvent, Link, Recording } from './contracts/events.ts';
import type { CompletedOperation } from './contracts/operations.ts';
import type { PlannedStrike } from './contracts/plan.ts';
import type { RunStatistics } from './contracts/statistics.ts';
import { duels } from './duels.ts';
import { pairOperations } from './history.ts';
import { percentiles, roundMs } from './percentiles.ts';
import { isLeading } from './roles.ts';
import { isFootprint, peakFootprint } from './samples.ts';
import type { Span } from './spans.ts';
import { strikeEffects } from './strike-effects.ts';
import { workDone } from './work.ts';

/** What became of one strike: what was asked for and when, and when its commands were done. */
export interface StrikeWindow {
  readonly strike: string;
  readonly fault: string;
  readonly target: string;
  readonly nodes: readonly NodeId[];
  readonly links: readonly Link[];
  /** Null where the strike was planned but never began. */
  readonly requestedMs: number | null;
  /** Null where it never took hold. */
  readonly struckMs: number | null;
  readonly healRequestedMs: number | null;
  /** Null where the heal was not seen to end. */
  readonly healedMs: number | null;
  /** Why it could not be carried out, where it could not. */
  readonly error: string | null;
  /** True where the experiment says that nothing can succeed before the heal. */
  readonly outage: boolean;
}

const recoveryWindowMs = 1000;
const recoveryStepMs = 100;
const recoveredShare = 0.95;

/** The last moment that the recording speaks of. */
export function recordingEndMs(recording: Recording): number {
  let endMs = 0;
  for (const event of recording.events) endMs = Math.max(endMs, event.atMs);
  for (const event of recording.history) endMs = Math.max(endMs, event.atMs);
  return endMs;
}

/** When the load began and ended. A run that broke off has a load that ends where its recording does. */
export function loadSpan(recording: Recording): Span {
  const phases = recording.events.filter((event) => event.type === 'phase');
  const began = phases.findIndex((event) => event.phase === 'load');
  const fromMs = phases[began]?.atMs ?? 0;
  const after = began < 0 ? undefined : phases[began + 1];
  const interrupted = recording.events.find((event) => event.type === 'interrupted');
  const toMs = after?.atMs ?? interrupted?.atMs ?? recordingEndMs(recording);
  return { fromMs, toMs: Math.max(fromMs, toMs) };
}

/** The strikes in the order in which they were planned, each with what became of it. */
export function strikeWindows(recording: Recording): StrikeWindow[] {
  const byStrike = new Map<string, LabEvent[]>();
  for (const event of recording.events) {
    if (!('strike' in event)) continue;
    if (event.type === 'link-dropped' || event.type === 'link-delayed') continue;
    const events = byStrike.get(event.strike);
    if (events === undefined) byStrike.set(event.strike, [event]);
    else events.push(event);
  }
  return recording.plan.strikes.map((planned) => strikeWindow(planned, byStrike.get(planned.id) ?? []));
}

function strikeWindow(planned: PlannedStrike, events: readonly LabEvent[]): StrikeWindow {
  const begun = events.find((event) => event.type === 'strike');
  const failed = events.find((event) => event.type === 'strike-failed');
  const atMs = (type: LabEvent['type']) => events.find((event) => event.type === type)?.atMs ?? null;
  return {
    strike: planned.id,
    fault: planned.fault,
    target: planned.target,
    nodes: begun?.nodes ?? [],
    links: begun?.links ?? [],
    requestedMs: atMs('strike'),
    struckMs: atMs('struck'),
    healRequestedMs: atMs('heal'),
    healedMs: atMs('healed'),
    error: failed?.error ?? null,
    outage: planned.outage,
  };
}

/** When faults were in force: from `struck` to `healed` of each strike; one that was never healed lasts to the end. */
export function faultSpans(recording: Recording): Span[] {
  const endMs = recordingEndMs(recording);
  return strikeWindows(recording).flatMap(({ struckMs, healedMs }) =>
    struckMs === null ? [] : [{ fromMs: struckMs, toMs: healedMs ?? endMs }],
  );
}

/** Whether an operation changed something, and so shows that writes get through; a refused cas changed nothing. */
export function isSuccessfulWrite({ f, type, result }: CompletedOperation): boolean {
  return type === 'ok' && f !== 'read' && result !== false;
}

/** The stretches of the load without a successful write, its edges included, that last at least `minMs`. */
export function writeGaps(recording: Recording, minMs: number): Span[] {
  return gapsBetween(pairOperations(recording.history), loadSpan(recording)).filter(
    ({ fromMs, toMs }) => toMs - fromMs >= minMs,
  );
}

function gapsBetween(operations: readonly CompletedOperation[], load: Span): Span[] {
  const times = operations
    .filter((operation) => isSuccessfulWrite(operation) && within(operation.completeMs, load))
    .map((operation) => operation.completeMs)
    .sort((a, b) => a - b);
  const gaps: Span[] = [];
  let fromMs = load.fromMs;
  for (const toMs of [...times, load.toMs]) {
    if (toMs > fromMs) gaps.push({ fromMs, toMs });
    fromMs = toMs;
  }
  return gaps;
}

/**
 * The figures of a run. Operations are those that were invoked while the load ran; what was read back afterwards is
 * left out, since nothing was struck then.
 */
export function runStatistics(recording: Recording): RunStatistics {
  const load = loadSpan(recording);
  const operations = pairOperations(recording.history).filter((operation) => within(operation.invokeMs, load));
  const faults = faultSpans(recording);
  const footprints = recording.events.filter(isFootprint);
  const ok = operations.filter((operation) => operation.type === 'ok');
  const underFault = ok.map((operation) => overlapsAny(operation, faults));
  const latencies = (fault: boolean) =>
    percentiles(ok.filter((_, i) => underFault[i] === fault).map((each) => each.completeMs - each.invokeMs));
  const outages = gapsBetween(operations, load).map(({ fromMs, toMs }) => toMs - fromMs);
  return {
    operations: countOutcomes(operations),
    perKind: outcomesPerKind(operations),
    throughputPerSecond: roundMs(ratePerSecond(ok, load)),
    latencyCalmMs: latencies(false),
    latencyFaultMs: latencies(true),
    longestOutageMs: roundMs(outages.reduce((longest, ms) => Math.max(longest, ms), 0)),
    recoveryTo95Ms: recoveryTo95Ms(recording, ok, load),
    leaderChanges: recording.events.filter(
      (event) => event.type === 'role' && isLeading(event.role) && event.atMs >= load.fromMs,
    ).length,
    duels: duels(recording),
    bootToFirstWriteMs: bootToFirstWriteMs(recording),
    compactions: recording.events.filter((event) => event.type === 'compact').length,
    peakFootprint: footprints.length === 0 ? null : peakFootprint(footprints),
    work: workDone(recording, ok.length),
    strikeEffects: strikeEffects(strikeWindows(recording), recording.events, recordingEndMs(recording)),
  };
}

function bootToFirstWriteMs({ events, history }: Recording): number | null {
  const booting = events.find((event) => event.type === 'booting');
  const writes = pairOperations(history).filter(isSuccessfulWrite);
  if (booting === undefined || writes.length === 0) return null;
  const firstMs = writes.reduce((first, { completeMs }) => Math.min(first, completeMs), Number.POSITIVE_INFINITY);
  return roundMs(firstMs - booting.atMs);
}

/** The rate of successes before anything was struck, per second; null where there was no calm to measure. */
export function calmRatePerSecond(recording: Recording): number | null {
  return calmRate(recording, pairOperations(recording.history), loadSpan(recording));
}

function calmRate(recording: Recording, operations: readonly CompletedOperation[], load: Span): number | null {
  const firstMs = faultSpans(recording).reduce((first, { fromMs }) => Math.min(first, fromMs), load.toMs);
  if (firstMs <= load.fromMs) return null;
  const rate = ratePerSecond(
    operations.filter((operation) => operation.type === 'ok'),
    { fromMs: load.fromMs, toMs: firstMs },
  );
  return rate > 0 ? rate : null;
}

function recoveryTo95Ms(recording: Recording, ok: readonly CompletedOperation[], load: Span): number | null {
  const healedMs = strikeWindows(recording).reduce((last, window) => Math.max(last, window.healedMs ?? -1), -1);
  const calm = calmRate(recording, ok, load);
  if (healedMs < 0 || calm === null) return null;
  const times = ok.map((operation) => operation.completeMs).sort((a, b) => a - b);
  for (let fromMs = healedMs; fromMs + recoveryWindowMs <= load.toMs; fromMs += recoveryStepMs) {
    const count = firstAtOrAfter(times, fromMs + recoveryWindowMs) - firstAtOrAfter(times, fromMs);
    if ((count * 1000) / recoveryWindowMs >= recoveredShare * calm) return roundMs(fromMs - healedMs);
  }
  return null;
}

function ratePerSecond(ok: readonly CompletedOperation[], span: Span): number {
  const seconds = (span.toMs - span.fromMs) / 1000;
  return seconds > 0 ? ok.filter(({ completeMs }) => within(completeMs, span)).length / seconds : 0;
}

function countOutcomes(operations: readonly CompletedOperation[]): { ok: number; fail: number; info: number } {
  const counts = { ok: 0, fail: 0, info: 0 };
  for (const operation of operations) counts[operation.type] += 1;
  return counts;
}

function outcomesPerKind(operations: readonly CompletedOperation[]): RunStatistics['perKind'] {
  const kinds = [...new Set(operations.map((operation) => operation.f))].sort();
  return Object.fromEntries(
    kinds.map((kind) => [kind, countOutcomes(operations.filter((operation) => operation.f === kind))]),
  );
}

function overlapsAny(operation: CompletedOperation, spans: readonly Span[]): boolean {
  return spans.some(({ fromMs, toMs }) => operation.invokeMs <= toMs && operation.completeMs >= fromMs);
}

function within(atMs: number, span: Span): boolean {
  return atMs >= span.fromMs && atMs <= span.toMs;
}

/** The index of the first of the sorted `times` that is not before `atMs`. */
function firstAtOrAfter(times: readonly number[], atMs: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((times[middle] ?? 0) < atMs) low = middle + 1;
    else high = middle;
  }
  return low;
}
