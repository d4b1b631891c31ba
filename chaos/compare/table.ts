/** A comparison as tables of words: for the terminal, for Markdown and for the page. */
import { formatFigure, formatMs } from '../reporters/shared/format.ts';
import type { CompareLoad, Comparison, Measured } from './contracts.ts';
import { fastPathsOf, formatShare } from './fast-path.ts';

/** The heads of the columns. */
export const header = [
  ...['protocol', 'n', 'f', 'messages', 'formula', 'all', 'idle/s', 'bytes'],
  ...['signed', 'verified', 'syncs', 'hops', 'formula', 'p50', 'p99', 'fast path'],
] as const;

/** What the columns are, in words. */
export const legend = [
  'n, f: replicas, and how many faulty ones they stand: crashed ones, or, where the protocol signs, malicious ones',
  'messages: between replicas for the command in the middle slot, without what an idle group sends; beside it what the literature has for calm',
  'all: all messages between replicas over the slots, heartbeats and checkpoints included; idle/s: those of a group that has nothing to do, a second',
  'bytes, signed, verified, syncs: of all replicas together, over the slots; bytes are measured of a part of the messages',
  'hops: the median latency of the client in units of the one-way delay, disks included; beside it what the literature has for calm',
  'fast path: the share of decisions that it brought about, each replica its own; it takes the votes of all replicas, so that a slow one takes it away',
] as const;

export function rowsOf(measured: readonly Measured[]): string[][] {
  return [[...header], ...measured.map(cellsOf)];
}

function cellsOf(each: Measured): string[] {
  const { expected, fastShare } = each;
  const inCalm = each.load === 'calm' ? expected : null;
  return [
    nameOf(each),
    String(each.nodes),
    String(each.tolerated),
    formatFigure(each.commitMessages),
    inCalm === null ? '–' : `${inCalm.messages} = ${inCalm.formula}`,
    formatFigure(each.allMessages),
    formatFigure(each.idlePerSecond),
    ...[each.bytes, each.signatures, each.verifications, each.syncs, each.hops].map(formatFigure),
    inCalm === null ? '–' : String(inCalm.hops),
    formatMs(each.p50Ms),
    formatMs(each.p99Ms),
    formatShare(fastShare),
  ];
}

/** How often the fast path was of use, in calm and beside a slow replica. */
export function fastPathRows(measured: readonly Measured[]): string[][] {
  const rows = fastPathsOf(measured).map(({ calm, calmShare, slowShare }) => [
    nameOf(calm),
    String(calm.nodes),
    ...[calmShare, slowShare].map(formatShare),
  ]);
  return [['protocol', 'n', 'all are well', 'one is slow'], ...rows];
}

export const fastPathHeading = 'Decided by the fast path';

export function nameOf({ protocol, mode }: Pick<Measured, 'protocol' | 'mode'>): string {
  return mode === null ? protocol : `${protocol}, ${mode}`;
}

export const loads: readonly CompareLoad[] = ['calm', 'slow replica'];

/** What was held equal, in a sentence or two. */
export function conditions({ settings, heartbeatMs, electionTimeoutMs }: Omit<Comparison, 'measured'>): string {
  const { seed, slots, payloadBytes, hopMs, slownessHops } = settings;
  return (
    `Seed ${seed}: ${slots} commands one after the other, so that each has a slot of its own; values of ${payloadBytes} bytes; ` +
    `each hop takes ${hopMs} ms, heartbeats come every ${heartbeatMs} ms, and time-outs are ${electionTimeoutMs.join(' to ')} ms. ` +
    `The links of the slow replica take ${slownessHops} hops more.`
  );
}

export const headings: Readonly<Record<CompareLoad, string>> = {
  calm: 'Calm',
  'slow replica': 'One replica is slow',
};
