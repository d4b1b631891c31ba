/** A comparison as a table and as files. */
import { markdownTable } from '../bench/reports/markdown.ts';
import type { ReportFile } from '../contracts.ts';
import { formatFigure, formatMs } from '../reporters/shared/format.ts';
import type { CompareLoad, Comparison, Measured } from './contracts.ts';

const header = [
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
  'fast path: the share of decisions that it brought about, each replica its own',
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
    fastShare === null ? '–' : `${formatFigure(100 * fastShare)} %`,
  ];
}

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

export function compareFiles(comparison: Comparison): ReportFile[] {
  return [
    { name: 'compare.json', content: `${JSON.stringify(comparison, null, 2)}\n` },
    { name: 'compare.md', content: markdown(comparison) },
  ];
}

function markdown({ measured, ...rest }: Comparison): string {
  const tables = loads.flatMap((load) => {
    const [, ...rows] = rowsOf(measured.filter((each) => each.load === load));
    return [`## ${headings[load]}`, markdownTable(header, rows, [0, 4])];
  });
  return [
    '# What a decision costs',
    conditions(rest),
    `Splitbrain ${rest.version} (${rest.commit ?? 'no commit'}), ${rest.startedAt}.`,
    ...tables,
    legend.map((line) => `- ${line}`).join('\n'),
    '',
  ].join('\n\n');
}

export const headings: Readonly<Record<CompareLoad, string>> = {
  calm: 'Calm',
  'slow replica': 'One replica is slow',
};
