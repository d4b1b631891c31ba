/** A start from a snapshot and from whatever is left of the log. Dissertation, section 5.1; extended paper, figure 13. */
import { describe, expect, test } from 'vitest';
import type { Durable } from '../../contract/durable.ts';
import * as fixture from './fixture.ts';
import { accepted, appendOf, apply, entries, leaderHeardTimers, persist, persistVote, send } from './fixture.ts';
import type { RaftRecord } from './messages.ts';
import { Raft } from './raft.ts';
import { onAppend } from './replication.ts';
import { correctRules, type RaftRules } from './rules.ts';
import { compact, finishSaving, followerOfTerm2, hearPiece, load, snapshotOf } from './snapshot-fixture.ts';
import { onInstalled } from './snapshots.ts';
import { RaftState } from './state.ts';

const written = (from: number, terms: readonly number[]): RaftRecord => ({
  kind: 'entries',
  from,
  entries: entries(terms, from),
});
const voted = (term: number, votedFor: string | null): RaftRecord => ({ kind: 'vote', term, votedFor });

/** What survived: these records, and the snapshot of index 6 in term 2. */
const durable = (records: readonly RaftRecord[], firstPosition = 1): Durable<RaftRecord> => ({
  records,
  firstPosition,
  snapshot: { index: 6, record: snapshotOf(6, 2), bytes: 20 },
});

function restarted(survived: Durable<RaftRecord>, setup: fixture.Setup = {}): RaftState {
  const state = new RaftState(fixture.configOf(setup), setup.rules ?? correctRules);
  state.restore(survived);
  return state;
}

describe('a start from a snapshot', () => {
  test('goes on behind it: nothing that it covers is applied again', () => {
    const raft = new Raft(fixture.configOf(), correctRules);
    const electionTimer = fixture.timer('election', 150, 300);
    expect(raft.start(durable([voted(2, 'n2'), written(1, [1, 1, 1, 1, 1, 2, 2])]))).toEqual([electionTimer]);
    expect(raft.view()).toMatchObject({ role: 'follower', epoch: 2, commitIndex: 6, lastIndex: 7 });
    const heartbeat = appendOf({ term: 2, prevIndex: 7, prevTerm: 2, commitIndex: 7 });
    expect(raft.step({ kind: 'message', from: 'n2', msg: heartbeat })).toEqual([
      ...leaderHeardTimers,
      apply(7, 'e7'),
      send('n2', accepted({ term: 2, prevIndex: 7, matchIndex: 7 })),
    ]);
  });

  test('that the log does not lead to writes that down first', () => {
    const raft = new Raft(fixture.configOf(), correctRules);
    const electionTimer = fixture.timer('election', 150, 300);
    expect(raft.start(durable([voted(2, 'n2'), written(1, [1])]))).toEqual([persist(snapshotOf(6, 2)), electionTimer]);
    expect(raft.view()).toMatchObject({ role: 'follower', epoch: 2, commitIndex: 6, lastIndex: 6 });
  });
});

describe('the log under the snapshot of index 6', () => {
  // Figure 13, step 6: what follows the snapshot's last entry may have been acknowledged.
  test.each([
    { what: 'is longer', records: [written(1, [1, 1, 1, 1, 1, 2, 2, 2])], base: 0, terms: [1, 1, 1, 1, 1, 2, 2, 2] },
    { what: 'ends there', records: [written(1, [1, 1, 1, 1, 1, 2])], base: 0, terms: [1, 1, 1, 1, 1, 2] },
    { what: 'begins late', records: [written(4, [1, 1, 2]), written(7, [2])], base: 3, terms: [1, 1, 2, 2] },
    { what: 'begins with that entry', records: [written(6, [2, 2])], base: 5, terms: [2, 2] },
    {
      what: 'begins late and goes back behind its beginning, for not all was removed that could have been',
      records: [written(5, [1, 1, 1]), written(3, [2, 2, 2, 2])],
      base: 2,
      terms: [2, 2, 2, 2],
    },
    {
      what: 'had another entry there that was replaced',
      records: [written(1, [1, 1, 1, 1, 1, 1, 1]), written(6, [2])],
      base: 0,
      terms: [1, 1, 1, 1, 1, 2],
    },
    {
      what: 'begins anew with its marker',
      records: [written(3, [1, 1, 1, 1, 1, 1]), snapshotOf(6, 2), written(7, [2, 3])],
      base: 6,
      terms: [2, 3],
    },
    {
      what: 'begins anew with the marker of an older one',
      records: [written(1, [1, 1, 1, 1, 1, 1]), snapshotOf(4, 1), written(5, [2, 2, 2])],
      base: 4,
      terms: [2, 2, 2],
    },
  ])('stays where it $what', ({ records, base, terms }) => {
    const state = restarted(durable([voted(2, 'n2'), ...records]));
    expect(state.takeEffects()).toEqual([]);
    expect(fixture.termsOf(state)).toEqual(terms);
    expect(state.log.base).toBe(base);
    expect(state).toMatchObject({ commitIndex: 6, unsavedBytes: 0, snapshot: { record: snapshotOf(6, 2), bytes: 20 } });
  });

  // Figure 13, step 7. The power may have gone before what was applied was flushed, or before the marker was.
  test.each([
    { what: 'is empty', records: [] },
    { what: 'is shorter', records: [written(1, [1, 1, 1, 1, 1])] },
    { what: 'is shorter and begins late', records: [written(3, [1, 1, 1])] },
    { what: 'is a conflict', records: [written(1, [1, 1, 1, 1, 1, 1, 1, 1])] },
    { what: 'is a conflict and begins late', records: [written(5, [1, 1, 1])] },
    { what: 'leads to an older one', records: [written(1, [1, 1]), snapshotOf(4, 1), written(5, [1])] },
  ])('is void where it $what; a marker says so to later lives', ({ records }) => {
    const survived = [voted(2, 'n2'), ...records];
    const state = restarted(durable(survived, 11));
    expect(state.takeEffects()).toEqual([persist(snapshotOf(6, 2))]);
    expect(state.log).toMatchObject({ base: 6, lastIndex: 6, lastTerm: 2, bytes: 0 });
    expect(state).toMatchObject({ commitIndex: 6, term: 2, votedFor: 'n2' });

    const again = restarted(durable([...survived, snapshotOf(6, 2), written(7, [2])], 11));
    expect(again.takeEffects()).toEqual([]);
    expect(again.log).toMatchObject({ base: 6, lastIndex: 7 });
    expect(again.log.position(7)).toBe(11 + survived.length + 1);
  });

  // Planted bug R7: the log is never given up.
  test('stays though it is a conflict where a planted bug wants it', () => {
    const rules: RaftRules = { ...correctRules, keepsLog: () => true };
    const state = restarted(durable([voted(2, 'n2'), written(1, [1, 1, 1, 1, 1, 1, 1])]), { rules });
    expect(fixture.termsOf(state)).toEqual([1, 1, 1, 1, 1, 1, 1]);
  });

  test('must not begin late where there is no snapshot at all, nor with the marker of one', () => {
    const complaint = 'the log begins late, and there is no snapshot of what stood before';
    for (const records of [[written(5, [1])], [snapshotOf(6, 2), written(7, [2])]]) {
      expect(() => restarted({ records, firstPosition: 4 })).toThrow(complaint);
    }
  });

  test('is of no use beside something else that is said to describe the snapshot', () => {
    const snapshot = { index: 6, record: voted(2, 'n2'), bytes: 20 };
    expect(() => restarted({ records: [], firstPosition: 1, snapshot })).toThrow(
      'what describes a snapshot is no record of one',
    );
  });
});

describe('a log that begins late', () => {
  /** Entries 4 to 7, of which the first record is at position 9; the vote is in the record before it. */
  const late = () => restarted(durable([voted(2, 'n2'), written(4, [1, 1]), written(6, [2, 2])], 8));

  test('knows the records of its entries by their positions', () => {
    const { log } = late();
    expect([3, 4, 5, 6, 7].map((index) => log.position(index))).toEqual([0, 9, 9, 10, 10]);
  });

  // Section 5.3: not even the term is known of what stood before, but all of that was decided.
  test('agrees with appends that end before it, and takes what is new of them', () => {
    const state = late();
    onAppend(state, 'n2', appendOf({ term: 2, prevIndex: 1, prevTerm: 1, entries: entries([1, 1, 1, 1, 2, 2, 2], 2) }));
    expect(state.takeEffects()).toEqual([
      ...leaderHeardTimers,
      fixture.persistEntries(8, entries([2], 8)),
      send('n2', accepted({ term: 2, prevIndex: 1, matchIndex: 8 })),
    ]);
  });

  test('refuses one that ends right before it, and hints at what is decided; the leader then steps over it', () => {
    const state = late();
    onAppend(state, 'n2', appendOf({ term: 2, prevIndex: 3, prevTerm: 1, entries: entries([1], 4) }));
    expect(state.takeEffects().at(-1)).toEqual(send('n2', fixture.refused({ term: 2, prevIndex: 3, hintIndex: 7 })));
    onAppend(state, 'n2', appendOf({ term: 2, prevIndex: 2, prevTerm: 1, entries: entries([1, 1], 3) }));
    expect(state.takeEffects().at(-1)).toEqual(send('n2', accepted({ term: 2, prevIndex: 2, matchIndex: 4 })));
  });

  // Section 5.4.1 goes by the end of the log, which is as it was.
  test('is as good in an election as it was', () => {
    const raft = new Raft(fixture.configOf(), correctRules);
    raft.start(durable([voted(2, 'n2'), written(6, [2, 2])], 8));
    const ask = (lastIndex: number) =>
      raft.step({ kind: 'message', from: 'n3', msg: { type: 'pre-vote', term: 3, lastIndex, lastTerm: 2 } });
    expect(ask(6)).toEqual([send('n3', { type: 'pre-vote-reply', term: 2, granted: false })]);
    expect(ask(7)).toEqual([send('n3', { type: 'pre-vote-reply', term: 3, granted: true })]);
  });

  test('is compacted further by the next snapshot, up to the one that it began from', () => {
    const state = restarted(durable([voted(2, 'n2'), written(4, [1, 1]), written(6, [2, 2])], 8), {
      snapshotAfterBytes: 1,
    });
    const news = entries([2, 2], 8);
    onAppend(state, 'n2', appendOf({ term: 2, prevIndex: 7, prevTerm: 2, entries: news, commitIndex: 9 }));
    state.takeEffects();
    finishSaving(state, 20);
    expect(state.takeEffects()).toEqual([persistVote(2, 'n2'), compact(10, 6)]);
    expect(state.log).toMatchObject({ base: 6, lastIndex: 9 });
  });
});

describe('a log behind a marker', () => {
  test('lets the records before that go with the next snapshot, though they were found once more', () => {
    const records = [written(1, [1, 1, 1]), voted(2, 'n2'), snapshotOf(6, 2), written(7, [2, 2, 2])];
    const state = restarted(durable(records), { snapshotAfterBytes: 1 });
    onAppend(state, 'n2', appendOf({ term: 2, prevIndex: 9, prevTerm: 2, commitIndex: 9 }));
    state.takeEffects();
    finishSaving(state, 20);
    expect(state.takeEffects()).toEqual([persistVote(2, 'n2'), compact(3, 6)]);
    expect(state.log).toMatchObject({ base: 6, lastIndex: 9 });
  });
});

describe('a leader that began from a snapshot', () => {
  test('sends that to whoever lacks what its log begins behind', () => {
    const raft = new Raft(fixture.configOf(), correctRules);
    raft.start(durable([voted(2, 'n2'), written(6, [2, 2])], 8));
    raft.step({ kind: 'timeout', timer: 'election' });
    raft.step({ kind: 'message', from: 'n2', msg: { type: 'pre-vote-reply', term: 3, granted: true } });
    for (const from of ['n1', 'n2']) {
      raft.step({ kind: 'message', from, msg: { type: 'vote-reply', term: 3, granted: true } });
    }
    expect(raft.view()).toMatchObject({ role: 'leader', epoch: 3, lastIndex: 8 });
    const refusal = fixture.refused({ term: 3, prevIndex: 7, hintIndex: 3 });
    expect(raft.step({ kind: 'message', from: 'n3', msg: refusal })).toEqual([load(6, 0, 100)]);
  });
});

describe('what a replica keeps is what it starts from', () => {
  test('after an install that was cut off before the marker was durable', () => {
    const before = followerOfTerm2({ log: [1, 1, 1, 1, 1, 1, 1], commitIndex: 4 });
    for (const offset of [0, 8, 16]) hearPiece(before, offset);
    onInstalled(before, 6, 20);
    const after = restarted(durable([written(1, [1, 1, 1, 1, 1, 1, 1]), voted(2, 'n2')]));
    expect(after.takeEffects()[0]).toEqual(before.takeEffects()[0]);
    for (const field of ['term', 'votedFor', 'commitIndex', 'snapshot'] as const) {
      expect(after[field]).toEqual(before[field]);
    }
    for (const { log } of [before, after]) expect(log).toMatchObject({ base: 6, lastIndex: 6, lastTerm: 2, bytes: 0 });
  });
});
