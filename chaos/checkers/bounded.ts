import type { Recording } from '../contracts/events.ts';
import type { Checker, CheckResult, Evidence } from '../contracts/verdict.ts';
import { honestNodes } from '../malice.ts';
import { type Footprint, memoryBytes, peakSample } from '../samples.ts';
import { count, figure, seconds } from '../words.ts';

/** A figure that is limited, and what it is about. */
interface Limited {
  readonly what: string;
  readonly of: (sample: Footprint) => number;
  readonly limitBytes: number;
}

/**
 * Compaction keeps a log and what is in memory from growing with time (Raft, section 7). Both are held against the limits
 * of the experiment, at every sample. A log that stayed short because little was written proves nothing: every replica
 * must have cut its log.
 */
const checker: Checker = {
  summary: 'the log and the memory of each replica stay within the limits of the experiment, and logs are cut',
  kind: 'liveness',
  check: async (recording) => {
    const limits = recording.plan.experiment.limits.footprint;
    if (limits === undefined) {
      return { verdict: 'valid', summary: 'The experiment sets no limit to what replicas hold.', evidence: [] };
    }
    const log = { what: 'log on its disk', of: logBytes, limitBytes: limits.logBytes };
    const memory = { what: 'payloads and state in memory', of: memoryBytes, limitBytes: limits.memoryBytes };
    return judge(recording, log, memory);
  },
};

const logBytes = (sample: Footprint): number => sample.logBytes;

function judge(recording: Recording, log: Limited, memory: Limited): Omit<CheckResult, 'check' | 'kind'> {
  const peak = peakSample(recording, log.of);
  const peakMemory = peakSample(recording, memory.of);
  if (peak === null || peakMemory === null) {
    return { verdict: 'unknown', summary: 'What replicas hold was not sampled.', evidence: [] };
  }
  const figures = { value: log.of(peak), limit: log.limitBytes, unit: 'bytes' };
  const held = `A log took ${figure(log.of(peak))} bytes at most, and memory ${figure(memory.of(peakMemory))}`;
  const evidence = [...excess(recording, log), ...excess(recording, memory)];
  if (evidence.length > 0) {
    return { verdict: 'invalid', summary: `What a replica holds is not bounded. ${held}.`, ...figures, evidence };
  }
  const cuts = compactionsByNode(recording);
  const never = honestNodes(recording).filter((node) => !cuts.has(node));
  if (never.length > 0) {
    const summary = `${held}, but ${never.join(', ')} never cut its log: so short a log proves nothing.`;
    return { verdict: 'unknown', summary, ...figures, evidence };
  }
  const all = [...cuts.values()].reduce((sum, each) => sum + each, 0);
  return { verdict: 'valid', summary: `${held}, over ${count(all, 'compaction')}.`, ...figures, evidence };
}

/** The first sample above the limit and the highest; none where there is none above it. */
function excess(recording: Recording, { what, of, limitBytes }: Limited): Evidence[] {
  const first = recording.events.find((event) => event.type === 'footprint' && of(event) > limitBytes);
  const peak = peakSample(recording, of);
  if (first?.type !== 'footprint' || peak === null) return [];
  const sentences = [
    `At ${seconds(first.atMs)} ${first.node} held ${figure(of(first))} bytes of ${what}; the limit is ${figure(limitBytes)}.`,
    `The most was ${figure(of(peak))} bytes, held by ${peak.node} at ${seconds(peak.atMs)}.`,
  ];
  return [{ sentences, fromMs: first.atMs, toMs: Math.max(first.atMs, peak.atMs), ops: [] }];
}

function compactionsByNode({ events }: Recording): Map<string, number> {
  const cuts = new Map<string, number>();
  for (const event of events) if (event.type === 'compact') cuts.set(event.node, (cuts.get(event.node) ?? 0) + 1);
  return cuts;
}

export default checker;
