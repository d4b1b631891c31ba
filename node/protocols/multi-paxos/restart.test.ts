import { describe, expect, test } from 'vitest';
import { noBallot } from '../paxos/ballot.ts';
import {
  accept,
  accepted,
  ballot,
  leaderWith,
  ofKind,
  own,
  persist,
  prepare,
  promise,
  Replica,
  run,
  sent,
  sentTo,
  upTo,
  values,
} from './fixture.ts';
import type { MultiPaxosRecord } from './messages.ts';

const theirs = ballot(1, 'n2');
const promised: MultiPaxosRecord = { kind: 'promise', ballot: theirs, chosenTo: 0 };
const acceptRecord = (from: number, chosenTo: number, ...texts: readonly string[]): MultiPaxosRecord => ({
  kind: 'accept',
  ballot: theirs,
  from,
  values: values(...texts),
  chosenTo,
});

/** A new life of n1, from these records, the first of them at a position. */
const restarted = (records: readonly MultiPaxosRecord[], firstPosition = 1, setup = {}) =>
  new Replica({ durable: { records, firstPosition }, ...setup });

describe('a new life', () => {
  // Paxos Made Simple, section 2.5: an acceptor remembers what it promised and accepted even if it fails.
  test('keeps what was promised and accepted', () => {
    const replica = restarted([promised, acceptRecord(1, 0, 'a', 'b')]);
    expect(sent(replica.hear('n0', prepare(ballot(1, 'n0'))))).toMatchObject([
      ['n0', { type: 'refuse', promised: theirs }],
    ]);
    const later = ballot(2, 'n3');
    expect(sent(replica.hear('n3', prepare(later)))).toEqual([['n3', promise(later, 0, [run(theirs, 1, 'a', 'b')])]]);
  });

  test('knows what was chosen as far as its records say, and tells no more than that', () => {
    const replica = restarted([promised, acceptRecord(1, 0, 'a', 'b'), acceptRecord(3, 2, 'c')]);
    expect(replica.view()).toMatchObject({ commitIndex: 2, lastIndex: 3 });
    const later = ballot(2, 'n3');
    expect(sent(replica.hear('n3', prepare(later)))).toEqual([['n3', promise(later, 2, [run(theirs, 3, 'c')])]]);
  });

  test('takes what a leader sends from where it was told that to begin', () => {
    const replica = restarted([promised, acceptRecord(1, 0, 'a')]);
    const effects = replica.hear('n2', accept(theirs, { from: 2, values: values('b') }));
    expect(sent(effects)).toEqual([['n2', accepted(theirs, { to: 0, gap: true })]]);
    const again = replica.hear('n2', accept(theirs, { values: values('a', 'b'), chosenTo: 1 }));
    expect(sent(again)).toEqual([['n2', accepted(theirs, { to: 2 })]]);
    expect(ofKind('apply', again)).toHaveLength(1);
  });

  test('reads again for others the records of the one before', () => {
    const replica = restarted([promised, acceptRecord(1, 0, 'a', 'b'), acceptRecord(3, 3, 'c')], 40, {
      logCacheBytes: 0,
    });
    const effects = replica.hear('n3', { type: 'learn', from: 1 });
    expect(effects).toEqual([
      { kind: 'recall', position: 41 },
      { kind: 'recall', position: 42 },
    ]);
    replica.step({ kind: 'recalled', position: 41, record: acceptRecord(1, 0, 'a', 'b') });
    const told = replica.step({ kind: 'recalled', position: 42, record: acceptRecord(3, 3, 'c') });
    expect(sentTo('n3', told)).toEqual([{ type: 'learned', from: 1, values: values('a', 'b', 'c'), chosenTo: 3 }]);
  });

  test('of a replica that had neither promised nor accepted anything begins as the first did', () => {
    expect(new Replica().view()).toEqual(restarted([]).view());
    expect(sentTo('n2', restarted([{ ...promised, ballot: noBallot }]).timeout('election'))).toEqual([prepare(own)]);
  });
});

describe('compaction', () => {
  const setup = { snapshotAfterBytes: 1 };

  test('writes the promise anew before the record goes that holds it', () => {
    const leader = leaderWith(setup);
    leader.write(1, 'a');
    leader.hear('n2', upTo(1));
    const effects = leader.step({ kind: 'snapshotted', index: 1, bytes: 0 });
    // Record 1 is the promise, record 2 what was accepted: that stays for those who lag a little.
    expect(effects).toEqual([
      persist({ kind: 'promise', ballot: own, chosenTo: 1 }),
      { kind: 'compact', position: 2, index: 0 },
    ]);
  });

  test('keeps the record of what was accepted and is not known to be chosen', () => {
    const follower = new Replica(setup);
    follower.hear('n2', accept(theirs, { values: values('a') }));
    follower.hear('n2', accept(theirs, { from: 2, values: values('b'), chosenTo: 1 }));
    follower.step({ kind: 'snapshotted', index: 1, bytes: 0 });
    follower.hear('n2', accept(theirs, { from: 3, values: values('c'), chosenTo: 2 }));
    const effects = follower.step({ kind: 'snapshotted', index: 2, bytes: 0 });
    // Slot 2 in record 3 is behind the snapshot before; slot 3 is in the last record, and not known to be chosen.
    expect(ofKind('compact', effects)).toEqual([{ kind: 'compact', position: 3, index: 1 }]);
    const later = ballot(2, 'n2');
    expect(sent(follower.hear('n2', prepare(later)))).toEqual([['n2', promise(later, 2, [run(theirs, 3, 'c')])]]);
  });

  test('gives up all behind an installed snapshot but what is accepted behind it', () => {
    const follower = new Replica(setup);
    follower.hear('n2', accept(theirs, { base: 5, values: values('e', 'f'), chosenTo: 4 }));
    const groups = [{ from: 1, group: { voters: ['n1', 'n2', 'n3'], learners: [] } }];
    const bytes = new Uint8Array(0);
    follower.hear('n2', { type: 'piece', index: 5, groups, offset: 0, bytes, last: true });
    const effects = follower.step({ kind: 'installed', index: 5, bytes: 0 });
    expect(effects).toContainEqual(persist({ kind: 'snapshot', index: 5, groups }));
    // Record 1 is the promise, and record 2 holds slot 6.
    expect(effects.slice(-2)).toEqual([
      persist({ kind: 'promise', ballot: theirs, chosenTo: 5 }),
      { kind: 'compact', position: 2, index: 5 },
    ]);
    expect(follower.view()).toMatchObject({ commitIndex: 5, lastIndex: 6 });
  });
});
