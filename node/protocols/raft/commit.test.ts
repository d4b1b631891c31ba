import { describe, expect, test } from 'vitest';
import { checkQuorum, onPreVoteReply, onVoteReply, startPreVote } from './election.ts';
import * as fixture from './fixture.ts';
import { acknowledge, appendOf, apply, bytes, entries } from './fixture.ts';
import { appendAsLeader, onAppend, onAppendReply, replicate } from './replication.ts';
import { correctRules } from './rules.ts';
import type { RaftState } from './state.ts';

const commits = (state: RaftState) => state.takeEffects().filter(({ kind }) => kind === 'apply');

/** A leader of five in term 2, whose log was committed up to 1; two more batches wait. */
function busyLeader(): RaftState {
  const state = fixture.settledLeaderWith({ members: 5, term: 1 });
  appendAsLeader(state, bytes('x'));
  appendAsLeader(state, bytes('y'));
  replicate(state);
  state.takeEffects();
  return state;
}

describe('committing by counting', () => {
  // Section 5.3: committed once a majority stores it; figure 2: the largest N that a majority's matchIndex reaches.
  test.each([
    { acknowledged: { n2: 2, n3: 2 }, commit: 1 },
    { acknowledged: { n1: 3, n2: 2, n3: 2 }, commit: 2 },
    { acknowledged: { n1: 3, n2: 3, n3: 2 }, commit: 2 },
    { acknowledged: { n1: 3, n2: 3, n3: 3 }, commit: 3 },
    { acknowledged: { n2: 3, n3: 3, n4: 3 }, commit: 3 },
  ])('$acknowledged commits up to $commit', ({ acknowledged, commit }) => {
    const state = busyLeader();
    for (const [node, index] of Object.entries(acknowledged)) acknowledge(state, node, index);
    expect(commits(state)).toEqual([apply(2, 'x'), apply(3, 'y')].slice(0, commit - 1));
    expect(state.commitIndex).toBe(commit);
  });

  // Dissertation, 10.2.1 (planted bug R4): the leader may not count its own entry before its disk has it. It counts it
  // as any other replica's: by a message, which waits behind the barrier of the record.
  test("the leader's own copy counts only once its message to itself has come", () => {
    const state = busyLeader();
    acknowledge(state, 'n2', 2);
    acknowledge(state, 'n3', 2);
    expect(commits(state)).toEqual([]);
    acknowledge(state, 'n1', 2);
    expect(commits(state)).toEqual([apply(2, 'x')]);
  });

  test('a majority without the leader is one: its slow disk holds nobody up', () => {
    const state = busyLeader();
    for (const peer of ['n2', 'n3', 'n4']) acknowledge(state, peer, 3);
    expect(commits(state)).toEqual([apply(2, 'x'), apply(3, 'y')]);
  });

  test('the same replica twice is one', () => {
    const state = busyLeader();
    acknowledge(state, 'n1', 2);
    for (let i = 0; i < 3; i += 1) acknowledge(state, 'n2', 2);
    expect(commits(state)).toEqual([]);
  });
});

/** Figure 8: n1 led term 2, comes back as leader of term 4, and now copies its old entry of term 2 to a majority. */
function figure8(rules = correctRules): RaftState {
  const state = fixture.leaderWith({ members: 5, log: [1, 2], term: 3, rules });
  for (const member of ['n1', 'n2', 'n3']) acknowledge(state, member, 2);
  return state;
}

describe('figure 8: what a majority stores may still be overwritten', () => {
  // Section 5.4.2: (c) the entry of term 2 is on a majority, but must not be taken for committed.
  test('an entry of an earlier term is not committed by counting', () => {
    const state = figure8();
    expect(commits(state)).toEqual([]);
    expect(state.commitIndex).toBe(0);
  });

  // (d): n5, with an entry of term 3, may be elected by n2, n3 and n4, and overwrites the entry of term 2.
  test('so that the leader of a later term may overwrite it', () => {
    const state = figure8();
    onAppend(state, 'n5', appendOf({ term: 5, prevIndex: 1, prevTerm: 1, entries: entries([3], 2), commitIndex: 2 }));
    expect(fixture.termsOf(state)).toEqual([1, 3]);
    expect(commits(state)).toEqual([apply(1, 'e1'), apply(2, 'e2')]);
  });

  // (e): an entry of the leader's own term on a majority commits all before it.
  test('an entry of the present term commits those before it', () => {
    const state = figure8();
    for (const member of ['n1', 'n2', 'n3']) acknowledge(state, member, 3);
    expect(commits(state)).toEqual([apply(1, 'e1'), apply(2, 'e2'), apply(3, '')]);
  });

  test('without the rule, the overwriting of (d) is caught as a broken invariant', () => {
    const state = figure8({ ...correctRules, commitsByCounting: () => true });
    expect(commits(state)).toEqual([apply(1, 'e1'), apply(2, 'e2')]);
    const overwrite = appendOf({ term: 5, prevIndex: 1, prevTerm: 1, entries: entries([3], 2) });
    expect(() => onAppend(state, 'n5', overwrite)).toThrow('entry 2 would overwrite a log that is committed up to 2');
  });
});

describe('invariants', () => {
  test('a replica commits nothing that it does not have', () => {
    const state = fixture.followerWith({ log: [1] });
    expect(() => state.commitTo(2)).toThrow('commit index 2 is past the end of the log, 1');
  });

  test('terms do not go back', () => {
    const state = fixture.followerWith({ term: 3 });
    expect(() => state.setTermAndVote(2, null)).toThrow('term 2 comes after term 3');
  });

  // Section 5.4.2 again, over a change of leaders: acknowledgements of an earlier leadership are forgotten.
  test('what was acknowledged in an earlier term is not counted in a later one', () => {
    const state = busyLeader();
    acknowledge(state, 'n2', 3);
    for (let i = 0; i < 2; i += 1) checkQuorum(state);
    expect(state.role).toBe('follower');
    startPreVote(state);
    for (const peer of ['n3', 'n4']) onPreVoteReply(state, peer, { type: 'pre-vote-reply', term: 3, granted: true });
    for (const peer of ['n3', 'n4', 'n5']) onVoteReply(state, peer, { type: 'vote-reply', term: 3, granted: true });
    state.takeEffects();
    onAppendReply(state, 'n2', fixture.accepted({ term: 2, matchIndex: 3 }));
    for (const member of ['n1', 'n3']) acknowledge(state, member, 4);
    expect(commits(state)).toEqual([]);
    acknowledge(state, 'n4', 4);
    expect(commits(state)).toEqual([apply(2, 'x'), apply(3, 'y'), apply(4, '')]);
  });
});
