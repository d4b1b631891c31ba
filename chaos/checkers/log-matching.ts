import type { LabEvent } from '../contracts/events.ts';
import type { Checker, Evidence } from '../contracts/verdict.ts';
import { epochNameOf } from '../epoch-name.ts';
import { count, figure, seconds } from '../words.ts';

type AppendEvent = Extract<LabEvent, { type: 'append' }>;

/**
 * Raft, section 5.3 (Log Matching): if two logs contain an entry with the same index and term, then the logs are
 * identical in all entries up through it. By induction that holds if index and term decide the entry and the term of the
 * one before it. Paxos knows no entry before: there only a ballot and a slot decide a value (Paxos Made Simple, section 2.2).
 */
const checker: Checker = {
  summary: 'index and term (ballot, view) decide an entry, and in Raft all before it',
  kind: 'safety',
  check: async ({ plan, events }) => {
    const epoch = await epochNameOf(plan);
    const known = new Map<string, AppendEvent>();
    const evidence: Evidence[] = [];
    let appended = 0;
    for (const event of events) {
      if (event.type !== 'append') continue;
      appended += 1;
      const name = `${event.index}/${event.epoch}`;
      const first = known.get(name);
      if (first === undefined) known.set(name, event);
      else if (first.hash !== event.hash || first.prevEpoch !== event.prevEpoch)
        evidence.push(differ(first, event, epoch));
    }
    if (appended === 0) return { verdict: 'unknown', summary: 'No replica reported what it appended.', evidence };
    if (evidence.length > 0) {
      const shown = evidence.slice(0, 5);
      return {
        verdict: 'invalid',
        summary: `${count(evidence.length, `entry of one index and ${epoch} differs`, `entries of one index and ${epoch} differ`)} between logs.`,
        evidence: shown,
      };
    }
    return { verdict: 'valid', summary: `${figure(appended)} appended entries of all logs match.`, evidence };
  },
};

function differ(first: AppendEvent, second: AppendEvent, epoch: string): Evidence {
  return {
    sentences: [
      `${first.node} appended entry ${first.index} of ${epoch} ${first.epoch} at ${seconds(first.atMs)}.`,
      `${second.node} appended another entry ${second.index} of the same ${epoch} ${second.epoch} at ${seconds(second.atMs)}.`,
    ],
    fromMs: first.atMs,
    toMs: second.atMs,
    ops: [],
  };
}

export default checker;
