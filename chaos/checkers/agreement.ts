import type { Checker, Evidence, LabEvent, Recording } from '../contracts.ts';
import { count, figure, seconds } from '../words.ts';

type ApplyEvent = Extract<LabEvent, { type: 'apply' }>;
type FinalEvent = Extract<LabEvent, { type: 'final' }>;

/** State Machine Safety (Raft, section 5.4.3): no two replicas apply different commands at the same index. */
const checker: Checker = {
  summary: 'replicas apply the same at the same index, and end in the same state',
  kind: 'safety',
  check: async (recording) => {
    const evidence = [...differentApplies(recording), ...differentStates(recording)];
    const applied = recording.events.filter((event) => event.type === 'apply').length;
    const hashed = finalStates(recording).filter(({ stateHash }) => stateHash !== null).length;
    if (evidence.length > 0) {
      return {
        verdict: 'invalid',
        summary: 'Replicas applied different commands at the same index.',
        evidence: evidence.slice(0, 5),
      };
    }
    if (applied === 0 && hashed < 2) {
      return { verdict: 'unknown', summary: 'Replicas told neither what they applied nor their state.', evidence };
    }
    return {
      verdict: 'valid',
      summary: `${figure(applied)} applied entries agree, and so do the final states of ${count(hashed, 'replica')}.`,
      evidence,
    };
  },
};

function differentApplies({ events }: Recording): Evidence[] {
  const known = new Map<number, ApplyEvent>();
  const evidence: Evidence[] = [];
  for (const event of events) {
    if (event.type !== 'apply') continue;
    const first = known.get(event.index);
    if (first === undefined) known.set(event.index, event);
    else if (first.hash !== event.hash) evidence.push(differ(first, event));
  }
  return evidence;
}

function differ(first: ApplyEvent, second: ApplyEvent): Evidence {
  return {
    sentences: [
      `${first.node} applied one batch of commands at index ${first.index}, at ${seconds(first.atMs)}.`,
      `${second.node} applied another at the same index ${second.index}, at ${seconds(second.atMs)}.`,
      'A decided entry was replaced: one of the two replicas has lost what clients were told is done.',
    ],
    fromMs: first.atMs,
    toMs: second.atMs,
    ops: [],
  };
}

function finalStates({ events }: Recording): FinalEvent[] {
  return events.filter((event): event is FinalEvent => event.type === 'final');
}

function differentStates(recording: Recording): Evidence[] {
  const byIndex = new Map<number, FinalEvent>();
  const evidence: Evidence[] = [];
  for (const event of finalStates(recording)) {
    if (event.stateHash === null) continue;
    const first = byIndex.get(event.appliedIndex);
    if (first === undefined) byIndex.set(event.appliedIndex, event);
    else if (first.stateHash !== event.stateHash) {
      evidence.push({
        sentences: [
          `At the end ${first.node} and ${event.node} had both applied ${event.appliedIndex} entries.`,
          `Their states differ: ${first.stateHash} on ${first.node}, ${event.stateHash} on ${event.node}.`,
        ],
        fromMs: event.atMs,
        toMs: event.atMs,
        ops: [],
      });
    }
  }
  return evidence;
}

export default checker;
