/** What a run looks like over time: binned, merged and capped, ready to be drawn. Times are ms since load began. */

import type { NodeId } from '../../../node/contract/ids.ts';
import type { LabEvent, Recording } from '../../contracts/events.ts';
import type { HistoryEvent } from '../../contracts/operations.ts';
import { percentiles } from '../../percentiles.ts';
import { isLeading } from '../../roles.ts';
import { type Span, subtract } from '../../spans.ts';
import { loadSpan, recordingEndMs, type StrikeWindow } from '../../statistics.ts';

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

/** A stretch in which a replica was up and in one role; it is null until the replica reports one. */
export interface RoleSpan extends Span {
  readonly role: string | null;
  readonly epoch: number | null;
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

/**
 * What ended while the load ran, in bins of equal width, but for the last one. What was read back afterwards is
 * left out: it is not part of the load, and would look like one that breaks down.
 */
export function binHistory(recording: Recording): Bin[] {
  const { toMs: endMs } = loadSpan(recording);
  const width = binWidthMs(recordingEndMs(recording));
  // A sliver at the end is part of the bin before it: its rate would be noise.
  const bins = Array.from({ length: Math.max(1, Math.round(endMs / width)) }, () => {
    return { ok: 0, fail: 0, info: 0, latencies: [] as number[] };
  });
  const invoked = new Map<number, number>();
  for (const event of recording.history) {
    if (event.type === 'invoke') {
      invoked.set(event.op, event.atMs);
      continue;
    }
    const bin = event.atMs > endMs ? undefined : bins[Math.min(bins.length - 1, Math.floor(event.atMs / width))];
    if (bin === undefined) continue;
    bin[event.type] += 1;
    if (event.type === 'ok') bin.latencies.push(event.atMs - (invoked.get(event.op) ?? event.atMs));
  }
  return bins.map(({ ok, fail, info, latencies }, position) => {
    const figures = percentiles(latencies);
    const span = { fromMs: position * width, toMs: position + 1 === bins.length ? endMs : (position + 1) * width };
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

type RoleEvent = Extract<LabEvent, { type: 'role' }>;

function roleSpans(events: readonly LabEvent[], endMs: number): RoleSpan[] {
  const spans: RoleSpan[] = [];
  let current: RoleSpan | null = null;
  const turn = (atMs: number, next: Pick<RoleSpan, 'role' | 'epoch'> | null) => {
    if (current !== null && atMs > Math.max(0, current.fromMs)) {
      spans.push({ ...current, fromMs: Math.max(0, current.fromMs), toMs: atMs });
    }
    current = next === null ? null : { ...next, fromMs: atMs, toMs: endMs };
  };
  const isIn = ({ role, epoch }: RoleEvent) => current?.role === role && current.epoch === epoch;
  for (const event of events) {
    if (event.type === 'role') {
      // One that is cut off stands for election again and again, and is in that role all the while.
      if (!isIn(event)) turn(event.atMs, { role: event.role, epoch: event.epoch });
    } else if (event.type === 'node-up') turn(event.atMs, { role: null, epoch: null });
    else if (event.type === 'node-down' || event.type === 'stopped') turn(event.atMs, null);
  }
  turn(endMs, null);
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
    roles.filter(({ role }) => role !== null && isLeading(role)).flatMap((span) => subtract(span, absences)),
  );
  return leading.length === 0 ? [] : subtract({ fromMs: 0, toMs: endMs }, leading);
}

/** A figure of each replica at equal steps of time. */
export interface NodeSeries {
  /** The end of each step. */
  readonly atMs: readonly number[];
  /** By replica, in the order of the plan; null where it has no figure. */
  readonly perNode: ReadonlyMap<NodeId, readonly (number | null)[]>;
}

/** The last index that each replica had applied at the end of each bin, null before any; one that reports none is left out. */
export function appliedSeries(recording: Recording): NodeSeries {
  const endMs = recordingEndMs(recording);
  const width = binWidthMs(endMs);
  const count = Math.max(1, Math.ceil(endMs / width));
  const latest = new Map<NodeId, Map<number, number>>();
  for (const event of recording.events) {
    if (event.type !== 'apply' && event.type !== 'restore') continue;
    const bins = latest.get(event.node) ?? new Map<number, number>();
    latest.set(event.node, bins.set(Math.min(count - 1, Math.max(-1, Math.floor(event.atMs / width))), event.index));
  }
  const filled = (bins: ReadonlyMap<number, number>) => {
    let last = bins.get(-1) ?? null;
    return Array.from({ length: count }, (_, position) => {
      last = bins.get(position) ?? last;
      return last;
    });
  };
  const nodes = recording.plan.nodes.flatMap((node) => {
    const bins = latest.get(node);
    return bins === undefined ? [] : [[node, filled(bins)] as const];
  });
  return {
    atMs: Array.from({ length: count }, (_, position) => Math.min(endMs, (position + 1) * width)),
    perNode: new Map(nodes),
  };
}

type LinkEvent = Extract<LabEvent, { type: 'link-dropped' | 'link-delayed' }>;

/** What observers saw of a run, arranged so that many strikes can be asked about. */
export interface Observations {
  readonly endMs: number;
  readonly linksByStrike: ReadonlyMap<string, readonly LinkEvent[]>;
}

/** Arranges what observers saw of processes and links. */
export function observationsOf(recording: Recording): Observations {
  const linksByStrike = new Map<string, LinkEvent[]>();
  for (const event of recording.events) {
    if (event.type !== 'link-dropped' && event.type !== 'link-delayed') continue;
    const events = linksByStrike.get(event.strike);
    if (events === undefined) linksByStrike.set(event.strike, [event]);
    else events.push(event);
  }
  return { endMs: recordingEndMs(recording), linksByStrike };
}

/**
 * What an observer saw of a strike at one replica, independent of what was requested: its absence while the strike
 * lasted, or a message of one of its links that was dropped or delayed, which is a moment.
 */
export function observedSpans(
  { endMs, linksByStrike }: Observations,
  window: StrikeWindow,
  lane: NodeLane,
): (Span & { readonly what: string })[] {
  const fromMs = window.requestedMs ?? Number.POSITIVE_INFINITY;
  const toMs = window.healedMs ?? endMs;
  // Where links were struck, an absence at the same time is the doing of another strike.
  const absences = window.links.length > 0 ? [] : lane.absences;
  const links = (linksByStrike.get(window.strike) ?? []).filter(
    ({ from, to }) => from === lane.node || to === lane.node,
  );
  return [
    ...absences
      .filter((absence) => absence.fromMs >= fromMs && absence.fromMs <= toMs)
      .map((absence) => ({ fromMs: absence.fromMs, toMs: absence.toMs, what: absence.kind })),
    ...links.map(({ atMs, type, from, to }) => ({
      fromMs: atMs,
      toMs: atMs,
      what: `${type === 'link-dropped' ? 'message dropped' : 'message delayed'}, ${from} to ${to}`,
    })),
  ];
}
