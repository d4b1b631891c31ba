import type { LabEvent } from '../contracts/events.ts';
import type { Checker, Evidence } from '../contracts/verdict.ts';
import { epochNameOf } from '../epoch-name.ts';
import { maliciousNodes } from '../malice.ts';
import { isLeading } from '../roles.ts';
import { count, seconds } from '../words.ts';

type RoleEvent = Extract<LabEvent, { type: 'role' }>;

/** Raft, section 5.2 (Election Safety): at most one leader can be elected in a given term. */
const checker: Checker = {
  summary: 'at most one leader in each term (ballot, view)',
  kind: 'safety',
  check: async (recording) => {
    const { plan, events } = recording;
    const epoch = await epochNameOf(plan);
    const leaders = new Map<number, RoleEvent>();
    const evidence: Evidence[] = [];
    for (const event of events) {
      if (event.type !== 'role' || !isLeading(event.role)) continue;
      const first = leaders.get(event.epoch);
      if (first === undefined) leaders.set(event.epoch, event);
      else if (first.node !== event.node) evidence.push(twoLeaders(first, event, epoch));
    }
    // What a malicious replica says of itself is in no recording that is judged, and it may have led all the time.
    if (leaders.size === 0 && maliciousNodes(recording).size > 0) {
      return { verdict: 'valid', summary: 'No honest replica led.', evidence };
    }
    if (leaders.size === 0) {
      return { verdict: 'unknown', summary: 'No replica reported that it leads.', evidence };
    }
    if (evidence.length > 0) {
      return { verdict: 'invalid', summary: `${count(evidence.length, epoch)} had two leaders.`, evidence };
    }
    return { verdict: 'valid', summary: `${count(leaders.size, epoch)} had a leader, and none had two.`, evidence };
  },
};

function twoLeaders(first: RoleEvent, second: RoleEvent, epoch: string): Evidence {
  return {
    sentences: [
      `${first.node} became leader of ${epoch} ${first.epoch} at ${seconds(first.atMs)}.`,
      `${second.node} became leader of the same ${epoch} ${second.epoch} at ${seconds(second.atMs)}.`,
      `Of one ${epoch} there is at most one leader, so somebody broke a promise.`,
    ],
    fromMs: first.atMs,
    toMs: second.atMs,
    ops: [],
  };
}

export default checker;
