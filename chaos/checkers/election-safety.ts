import type { Checker, Evidence, LabEvent } from '../contracts.ts';
import { count, seconds } from '../words.ts';

type RoleEvent = Extract<LabEvent, { type: 'role' }>;

/** Raft, section 5.2 (Election Safety): at most one leader can be elected in a given term. */
const checker: Checker = {
  summary: 'at most one leader in each term (ballot, view)',
  kind: 'safety',
  check: async ({ events }) => {
    const leaders = new Map<number, RoleEvent>();
    const evidence: Evidence[] = [];
    for (const event of events) {
      if (event.type !== 'role' || event.role !== 'leader') continue;
      const first = leaders.get(event.epoch);
      if (first === undefined) leaders.set(event.epoch, event);
      else if (first.node !== event.node) evidence.push(twoLeaders(first, event));
    }
    if (leaders.size === 0) {
      return { verdict: 'unknown', summary: 'No replica reported that it leads.', evidence };
    }
    if (evidence.length > 0) {
      return { verdict: 'invalid', summary: `${count(evidence.length, 'term')} had two leaders.`, evidence };
    }
    return { verdict: 'valid', summary: `${count(leaders.size, 'term')} had a leader, and none had two.`, evidence };
  },
};

function twoLeaders(first: RoleEvent, second: RoleEvent): Evidence {
  return {
    sentences: [
      `${first.node} became leader of term ${first.epoch} at ${seconds(first.atMs)}.`,
      `${second.node} became leader of the same term ${second.epoch} at ${seconds(second.atMs)}.`,
      'A term has at most one leader, so some replica voted twice in it.',
    ],
    fromMs: first.atMs,
    toMs: second.atMs,
    ops: [],
  };
}

export default checker;
