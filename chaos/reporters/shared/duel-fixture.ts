/** A run of Multi-Paxos in which two proposers duel, made by hand. For the tests of reporters. */
import type { LabEvent } from '../../contracts/events.ts';
import type { ReportInput } from '../../contracts/report.ts';
import { runStatistics } from '../../statistics.ts';
import { sampleInput } from './sample-recording.ts';

const stepMs = 130;

/** Before the second leader of the sample is elected n2 and n4 overtake each other for slot 541, and later n5 once. */
const overtaken: readonly LabEvent[] = [
  ...Array.from({ length: 6 }, (_, i): LabEvent => {
    const node = i % 2 === 0 ? 'n2' : 'n4';
    return { atMs: 12_120 + i * stepMs, type: 'overtaken', node, index: 541, epoch: 20 + i, by: 21 + i };
  }),
  { atMs: 13_032, type: 'apply', node: 'n4', index: 541, hash: 1 },
  { atMs: 25_010, type: 'overtaken', node: 'n5', index: 1137, epoch: 31, by: 32 },
  { atMs: 25_040, type: 'apply', node: 'n1', index: 1137, hash: 2 },
];

/** What a reporter is given after it, of the given protocol. */
export function duelInput(protocol = 'multi-paxos'): ReportInput {
  const input = sampleInput('PASS');
  const { plan, history, events } = input.recording;
  const recording = {
    plan: { ...plan, protocol },
    history,
    events: [...events, ...overtaken].sort((a, b) => a.atMs - b.atMs),
  };
  return { ...input, recording, verdict: { ...input.verdict, statistics: runStatistics(recording) } };
}
