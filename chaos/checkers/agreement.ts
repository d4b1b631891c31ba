import type { LabEvent, Recording } from '../contracts/events.ts';
import type { Checker, Evidence } from '../contracts/verdict.ts';
import { epochNameOf } from '../epoch-name.ts';
import { honestNodes } from '../malice.ts';
import { count, figure, seconds } from '../words.ts';

type ApplyEvent = Extract<LabEvent, { type: 'apply' }>;
type FinalEvent = Extract<LabEvent, { type: 'final' }>;

/** State Machine Safety (Raft, section 5.4.3): no two replicas apply different commands at the same index. */
const checker: Checker = {
  summary: 'replicas apply the same at the same index, and end in the same state',
  kind: 'safety',
  check: async (recording) => {
    const applies = differentApplies(recording, await epochNameOf(recording.plan));
    const evidence = [...applies, ...differentStates(recording)];
    const applied = recording.events.filter((event) => event.type === 'apply').length;
    const hashed = finalStates(recording).filter(({ stateHash }) => stateHash !== null).length;
    if (evidence.length > 0) {
      return {
        verdict: 'invalid',
        summary:
          applies.length > 0
            ? 'Replicas applied different commands at the same index.'
            : 'Replicas applied the same commands, and ended in different states.',
        evidence: evidence.slice(0, 5),
      };
    }
    const gap = incomplete(recording);
    if (gap !== null) return { verdict: 'unknown', summary: gap, evidence };
    return {
      verdict: 'valid',
      summary: `${figure(applied)} applied entries agree, and so do the final states of ${count(hashed, 'replica')}.`,
      evidence,
    };
  },
};

/** What is missing for a comparison of everything, in a sentence; null where nothing is. */
function incomplete(recording: Recording): string | null {
  const { events } = recording;
  const appliedTo = new Map<string, number>();
  for (const event of events) {
    if (event.type === 'node-up') appliedTo.set(event.node, 0);
    if (event.type === 'restore') appliedTo.set(event.node, event.index);
    if (event.type !== 'apply') continue;
    const last = appliedTo.get(event.node) ?? 0;
    if (event.index !== last + 1) return `What ${event.node} applied after index ${last} is not in the record.`;
    appliedTo.set(event.node, event.index);
  }
  const finals = new Map(events.flatMap((event) => (event.type === 'final' ? [[event.node, event] as const] : [])));
  const settled = events.some((event) => event.type === 'settled');
  const indexes = new Set<number>();
  const group = finalGroup(finals);
  for (const node of honestNodes(recording)) {
    const final = finals.get(node);
    if (final === undefined) return `The final state of ${node} is not in the record.`;
    if (final.stateHash === null && settled) return `${node} did not tell its final state.`;
    if (final.stateHash === null) continue;
    if (final.appliedIndex !== (appliedTo.get(node) ?? 0)) {
      return `${node} says that it applied ${final.appliedIndex} entries, and the record has ${appliedTo.get(node) ?? 0}.`;
    }
    // Who is not in the group any more is not told what is decided.
    if (group === undefined || group.includes(node)) indexes.add(final.appliedIndex);
  }
  if (settled && indexes.size !== 1) return 'The final states are of different indexes, and cannot be compared.';
  return null;
}

/** Who belonged to the group at the end, by whoever led it then; undefined where that cannot change. */
function finalGroup(finals: ReadonlyMap<string, FinalEvent>): readonly string[] | undefined {
  const leading = [...finals.values()].filter(({ node, view }) => view?.leader === node);
  const [last] = leading.sort((a, b) => (b.view?.epoch ?? 0) - (a.view?.epoch ?? 0));
  const group = last?.view?.group;
  return group && [...group.voters, ...group.learners];
}

/** One piece of evidence an index: which different things were applied there, and by whom. */
function differentApplies({ events }: Recording, epochName: string): Evidence[] {
  const first = new Map<number, ApplyEvent>();
  const split = new Set<number>();
  for (const event of events) {
    if (event.type !== 'apply') continue;
    const known = first.get(event.index);
    if (known === undefined) first.set(event.index, event);
    else if (known.hash !== event.hash) split.add(event.index);
  }
  return [...split].sort((a, b) => a - b).map((index) => explainSplit(index, events, epochName));
}

function explainSplit(index: number, events: readonly LabEvent[], epochName: string): Evidence {
  const versions = new Map<number, ApplyEvent[]>();
  const epochs = new Map<number, number>();
  for (const event of events) {
    if (event.type === 'append' && event.index === index) epochs.set(event.hash, event.epoch);
    if (event.type !== 'apply' || event.index !== index) continue;
    versions.set(event.hash, [...(versions.get(event.hash) ?? []), event]);
  }
  const applies = [...versions.values()].flat();
  return {
    sentences: [
      ...[...versions].map(([hash, by], at) => {
        const who = by.map(({ node, atMs }) => `${node} at ${seconds(atMs)}`).join(', ');
        const epoch = epochs.get(hash);
        const what = epoch === undefined ? 'a batch of commands' : `an entry of ${epochName} ${epoch}`;
        return `${at === 0 ? `At index ${index}` : 'At the same index'} ${what} was applied: by ${who}.`;
      }),
      'A decided entry was replaced, so what clients were told is done may be lost.',
    ],
    fromMs: Math.min(...applies.map(({ atMs }) => atMs)),
    toMs: Math.max(...applies.map(({ atMs }) => atMs)),
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
