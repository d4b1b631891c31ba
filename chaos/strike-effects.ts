/**
 * How fast strikes take effect: from the command of a strike to the last of its targets that was observed to feel it,
 * whatever the command itself returned. Pure; all times are milliseconds since load began.
 */

import type { NodeId } from '../node/contract/ids.ts';
import type { LabEvent, Link } from './contracts/events.ts';
import type { StrikeEffects } from './contracts/statistics.ts';
import type { NodeSign } from './links.ts';
import { percentiles } from './percentiles.ts';
import type { StrikeWindow } from './statistics.ts';

/**
 * In milliseconds: what is observed carries the time of another process on the same machine, and may seem to come so much
 * before its cause.
 */
export const clockToleranceMs = 5;

/** A fault of processes is felt where they go away. */
const absence: readonly NodeSign[] = ['node-down', 'node-paused'];
/** Faults that are felt otherwise, and those of a group, which are felt at no moment of a node's own. */
const otherSigns: ReadonlyMap<string, readonly NodeSign[]> = new Map([
  ['wipe', ['disk-wiped']],
  ['amnesia', ['disk-wiped']],
  ['slow-disk', ['disk-slow']],
  ['malice', []],
  ['demote', []],
  ['remove', []],
  ['resize', []],
  ['transfer', []],
]);

interface Sign {
  readonly type: NodeSign;
  readonly node: NodeId;
  readonly atMs: number;
}

/** What was seen of replicas, and when a strike was first felt on each link. */
interface Observed {
  readonly signs: readonly Sign[];
  readonly linksMs: ReadonlyMap<string, ReadonlyMap<string, number>>;
}

/**
 * A row per fault that was observed, by name.
 *
 * @param events - in order of time
 * @param endMs - the last moment that the recording speaks of: until then a strike that was not healed is in force
 */
export function strikeEffects(
  windows: readonly StrikeWindow[],
  events: readonly LabEvent[],
  endMs: number,
): StrikeEffects[] {
  const observed = observe(events);
  const delays = new Map<string, number[]>();
  for (const window of windows) {
    const delayMs = window.requestedMs === null ? null : delayOf(window, window.requestedMs, observed, endMs);
    if (delayMs !== null) delays.set(window.fault, [...(delays.get(window.fault) ?? []), delayMs]);
  }
  const byName = [...delays].sort(([a], [b]) => (a < b ? -1 : 1));
  return byName.flatMap(([fault, own]) => {
    const figures = percentiles(own);
    return figures === null ? [] : [{ fault, strikes: own.length, medianMs: figures.p50, maxMs: figures.max }];
  });
}

/** From the command to the effect; null where that was not observed. A strike without links is one on processes. */
function delayOf(window: StrikeWindow, requestedMs: number, observed: Observed, endMs: number): number | null {
  const felt =
    window.links.length > 0 ? feltOnLinks(window, observed) : feltOnNodes(window, requestedMs, observed, endMs);
  return felt.length === 0 ? null : felt.reduce((last, atMs) => Math.max(last, atMs - requestedMs), 0);
}

/** When each node felt it; nothing where one of them was not seen to. */
function feltOnNodes(
  { fault, nodes, healedMs }: StrikeWindow,
  requestedMs: number,
  { signs }: Observed,
  endMs: number,
): number[] {
  const fromMs = requestedMs - clockToleranceMs;
  const toMs = healedMs ?? endMs;
  const types = otherSigns.get(fault) ?? absence;
  const own = signs.filter(({ type, atMs }) => types.includes(type) && atMs >= fromMs && atMs <= toMs);
  const felt = nodes.flatMap((node) => own.find((sign) => sign.node === node)?.atMs ?? []);
  return felt.length === nodes.length ? felt : [];
}

/** When each link of the strike was affected first. Some say nothing: their sender had nothing to send. */
function feltOnLinks({ strike, links }: StrikeWindow, { linksMs }: Observed): number[] {
  const own = linksMs.get(strike);
  return links.flatMap((link) => own?.get(nameOf(link)) ?? []);
}

function nameOf({ from, to }: Link): string {
  return `${from}->${to}`;
}

function observe(events: readonly LabEvent[]): Observed {
  const signs: Sign[] = [];
  const linksMs = new Map<string, Map<string, number>>();
  for (const event of events) {
    if (
      event.type === 'node-down' ||
      event.type === 'node-paused' ||
      event.type === 'disk-wiped' ||
      event.type === 'disk-slow'
    ) {
      signs.push({ type: event.type, node: event.node, atMs: event.atMs });
    } else if (event.type === 'link-dropped' || event.type === 'link-delayed') {
      const own = linksMs.get(event.strike) ?? new Map<string, number>();
      const sinceMs = event.atMs - (event.lastedMs ?? 0);
      own.set(nameOf(event), Math.min(sinceMs, own.get(nameOf(event)) ?? sinceMs));
      linksMs.set(event.strike, own);
    }
  }
  return { signs, linksMs };
}
