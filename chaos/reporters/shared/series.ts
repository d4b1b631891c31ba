/** What a run looks like over time: binned, merged and capped, ready to be drawn. Times are ms since load began. */
import type { HistoryEvent, LabEvent, NodeId, Recording } from '../../contracts.ts';
import { isLeading, percentiles, recordingEndMs, type Span, type StrikeWindow } from '../../statistics.ts';

const binWidthsMs = [50, 100, 250, 500, 1000, 2000, 5000, 10_000, 30_000, 60_000, 300_000, 900_000, 3_600_000];
const wantedBins = 160;

/** What ended within one bin of time. Latencies are of successes, in ms; null where nothing succeeded. */
export interface Bin extends Span {
  readonly ok: number;
  readonly fail: number;
  readonly info: number;
  readonly p50: number | null;
  readonly p99: number | null;
  readonly max: number | null;
}

/** A stretch in which a replica held a role. */
export interface RoleSpan extends Span {
  readonly role: string;
  readonly epoch: number;
}

/** A stretch in which a replica was not there: killed, paused, or stopped by itself. */
export interface AbsenceSpan extends Span {
  readonly kind: 'down' | 'paused' | 'stopped';
}

/** One replica over time. */
export interface NodeLane {
  readonly node: NodeId;
  readonly roles: readonly RoleSpan[];
  readonly absences: readonly AbsenceSpan[];
}

/** The narrowest bin that does not cut the run into more pieces than a chart can show. */
export function binWidthMs(endMs: number): number {
  return binWidthsMs.find((width) => endMs / width <= wantedBins) ?? Math.ceil(endMs / wantedBins);
}

/** The history from load begin to the end of the recording, in bins of equal width; the last one may be shorter. */
export function binHistory(recording: Recording): Bin[] {
  const endMs = recordingEndMs(recording);
  const width = binWidthMs(endMs);
  const bins = Array.from({ length: Math.max(1, Math.ceil(endMs / width)) }, () => {
    return { ok: 0, fail: 0, info: 0, latencies: [] as number[] };
  });
  const invoked = new Map<number, number>();
  for (const event of recording.history) {
    if (event.type === 'invoke') {
      invoked.set(event.op, event.atMs);
      continue;
    }
    const bin = bins[Math.min(bins.length - 1, Math.max(0, Math.floor(event.atMs / width)))];
    if (bin === undefined) continue;
    bin[event.type] += 1;
    if (event.type === 'ok') bin.latencies.push(event.atMs - (invoked.get(event.op) ?? event.atMs));
  }
  return bins.map(({ ok, fail, info, latencies }, position) => {
    const figures = percentiles(latencies);
    const span = { fromMs: position * width, toMs: Math.min(endMs, (position + 1) * width) };
    return { ...span, ok, fail, info, p50: figures?.p50 ?? null, p99: figures?.p99 ?? null, max: figures?.max ?? null };
  });
}

/** When operations ended as `info`, by operation; the paired history knows no time for them. */
export function unknownSinceMs(history: readonly HistoryEvent[]): Map<number, number> {
  return new Map(history.flatMap((event) => (event.type === 'info' ? [[event.op, event.atMs]] : [])));
}

/** Each replica of the plan: its roles as it reported them, its absences as the substrate observed them. */
export function nodeLanes(recording: Recording): NodeLane[] {
  const endMs = recordingEndMs(recording);
  return recording.plan.nodes.map((node) => {
    const events = recording.events.filter((event) => 'node' in event && event.node === node);
    return { node, roles: roleSpans(events, endMs), absences: absenceSpans(events, endMs) };
  });
}

function roleSpans(events: readonly LabEvent[], endMs: number): RoleSpan[] {
  const spans: RoleSpan[] = [];
  let current: { role: string; epoch: number; fromMs: number } | null = null;
  const close = (toMs: number) => {
    if (current !== null && toMs > Math.max(0, current.fromMs)) {
      spans.push({ fromMs: Math.max(0, current.fromMs), toMs, role: current.role, epoch: current.epoch });
    }
    current = null;
  };
  for (const event of events) {
    if (event.type === 'role') {
      close(event.atMs);
      current = { role: event.role, epoch: event.epoch, fromMs: event.atMs };
    } else if (event.type === 'node-down' || event.type === 'stopped') {
      close(event.atMs);
    }
  }
  close(endMs);
  return spans;
}

function absenceSpans(events: readonly LabEvent[], endMs: number): AbsenceSpan[] {
  const spans: AbsenceSpan[] = [];
  let current: { kind: AbsenceSpan['kind']; fromMs: number } | null = null;
  const turn = (kind: AbsenceSpan['kind'] | null, atMs: number) => {
    if (current !== null && atMs > Math.max(0, current.fromMs)) {
      spans.push({ kind: current.kind, fromMs: Math.max(0, current.fromMs), toMs: atMs });
    }
    current = kind === null ? null : { kind, fromMs: atMs };
  };
  for (const event of events) {
    if (event.type === 'node-down') turn('down', event.atMs);
    else if (event.type === 'node-paused') turn('paused', event.atMs);
    else if (event.type === 'stopped') turn('stopped', event.atMs);
    else if (event.type === 'node-up' || event.type === 'node-resumed') turn(null, event.atMs);
  }
  turn(null, endMs);
  return spans;
}

/** When no replica that was there held the lead. Empty for a system that reports no roles. */
export function leaderlessSpans(lanes: readonly NodeLane[], endMs: number): Span[] {
  const leading = lanes.flatMap(({ roles, absences }) =>
    roles.filter(({ role }) => isLeading(role)).flatMap((span) => subtract(span, absences)),
  );
  return leading.length === 0 ? [] : subtract({ fromMs: 0, toMs: endMs }, leading);
}

/** What is left of `span` without `holes`. */
export function subtract(span: Span, holes: readonly Span[]): Span[] {
  const left: Span[] = [];
  let { fromMs } = span;
  for (const hole of [...holes].sort((a, b) => a.fromMs - b.fromMs)) {
    if (hole.toMs <= fromMs || hole.fromMs >= span.toMs) continue;
    if (hole.fromMs > fromMs) left.push({ fromMs, toMs: hole.fromMs });
    fromMs = Math.max(fromMs, hole.toMs);
  }
  if (fromMs < span.toMs) left.push({ fromMs, toMs: span.toMs });
  return left;
}

/** The last index that each replica had applied at the end of each bin; null before it applied anything. */
export function appliedPerNode(recording: Recording, bins: readonly Bin[]): Map<NodeId, (number | null)[]> {
  const width = binWidthMs(recordingEndMs(recording));
  const perNode = new Map<NodeId, (number | null)[]>();
  let before = new Map<NodeId, number>();
  for (const event of recording.events) {
    if (event.type !== 'apply') continue;
    if (event.atMs < 0) {
      before = before.set(event.node, event.index);
      continue;
    }
    const values = perNode.get(event.node) ?? Array.from({ length: bins.length }, () => null);
    perNode.set(event.node, values);
    values[Math.min(bins.length - 1, Math.floor(event.atMs / width))] = event.index;
  }
  for (const [node, values] of perNode) {
    let last = before.get(node) ?? null;
    for (const [position, value] of values.entries()) {
      last = value ?? last;
      values[position] = last;
    }
  }
  return perNode;
}

/**
 * What an observer saw of a strike at one replica, independent of what was requested: its absence while the strike
 * lasted, or messages of its links that were dropped or delayed. Observations closer than `mergeMs` become one span.
 */
export function observedSpans(
  recording: Recording,
  window: StrikeWindow,
  lane: NodeLane,
  mergeMs: number,
): (Span & { readonly what: string })[] {
  const endMs = recordingEndMs(recording);
  const fromMs = window.requestedMs ?? Number.POSITIVE_INFINITY;
  const toMs = window.healedMs ?? endMs;
  const absences = lane.absences
    .filter((absence) => absence.fromMs >= fromMs && absence.fromMs <= toMs)
    .map((absence) => ({ fromMs: absence.fromMs, toMs: absence.toMs, what: absence.kind as string }));
  const merged: { fromMs: number; toMs: number; what: string }[] = [];
  for (const event of recording.events) {
    if (event.type !== 'link-dropped' && event.type !== 'link-delayed') continue;
    if (event.strike !== window.strike || (event.from !== lane.node && event.to !== lane.node)) continue;
    const what = event.type === 'link-dropped' ? 'messages dropped' : 'messages delayed';
    const last = merged.findLast((span) => span.what === what);
    if (last !== undefined && event.atMs - last.toMs <= mergeMs) last.toMs = event.atMs;
    else merged.push({ fromMs: event.atMs, toMs: event.atMs, what });
  }
  return [...absences, ...merged];
}
