/**
 * What a decision costs: messages between replicas, signatures and syncs, as replicas counted them from the begin of the load
 * to its end. Heartbeats and all other housekeeping of that time is in it.
 */

import type { NodeId } from '../node/contract/ids.ts';
import type { LabEvent, LabFact, Recording } from './contracts/events.ts';
import type { WorkDone } from './contracts/statistics.ts';

/** What one replica has done since the beginning. */
export type Work = Extract<LabFact, { readonly type: 'work' }>;

/** Null where replicas did not count, or nothing was decided. */
export function workDone({ events }: Recording, operations: number): WorkDone | null {
  const [begin, end] = accounts(events);
  if (begin === undefined || end === undefined) return null;
  const slots = lastApplied(events, end.atMs) - lastApplied(events, begin.atMs);
  if (slots <= 0) return null;
  const grown = (figure: (work: Work) => number) => total(end, figure) - total(begin, figure);
  const types = [...new Set([...end.works.values()].flatMap(({ messages }) => Object.keys(messages)))].sort();
  const perType = types.map((type) => [type, grown(({ messages }) => messages[type] ?? 0)] as const);
  return {
    slots,
    operations,
    messages: perType.reduce((sum, [, count]) => sum + count, 0),
    messagesByType: Object.fromEntries(perType.filter(([, count]) => count > 0)),
    bytes: grown(({ bytes }) => bytes),
    signatures: grown(({ signatures }) => signatures),
    verifications: grown(({ verifications }) => verifications),
    syncs: grown(({ syncs }) => syncs),
    fastShare: fastShare(events, begin.atMs, end.atMs),
  };
}

/** What all replicas counted at one moment. */
interface Account {
  readonly atMs: number;
  readonly works: ReadonlyMap<NodeId, Work>;
}

/** The first and the last. */
function accounts(events: readonly LabEvent[]): readonly [Account | undefined, Account | undefined] {
  const works = events.filter((event) => event.type === 'work');
  const at = (atMs: number | undefined): Account | undefined =>
    atMs === undefined
      ? undefined
      : { atMs, works: new Map(works.filter((work) => work.atMs === atMs).map((work) => [work.node, work])) };
  const [first, last] = [works[0]?.atMs, works.at(-1)?.atMs];
  return first === last ? [undefined, undefined] : [at(first), at(last)];
}

function total({ works }: Account, figure: (work: Work) => number): number {
  let sum = 0;
  for (const work of works.values()) sum += figure(work);
  return sum;
}

function lastApplied(events: readonly LabEvent[], untilMs: number): number {
  let last = 0;
  for (const event of events) if (event.type === 'apply' && event.atMs <= untilMs) last = Math.max(last, event.index);
  return last;
}

/**
 * Of the decisions that replicas reported, how many came about by a fast path, from 0 to 1; null where none was reported. One
 * slot counts once for each replica.
 */
export function fastShare(
  facts: readonly { readonly atMs: number; readonly type: string; readonly path?: unknown }[],
  fromMs: number,
  toMs: number,
): number | null {
  const paths = facts.flatMap(({ type, atMs, path }) =>
    type === 'decided' && path !== undefined && atMs > fromMs && atMs <= toMs ? [path] : [],
  );
  return paths.length === 0 ? null : paths.filter((path) => path === 'fast').length / paths.length;
}
