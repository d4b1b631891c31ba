import { describe, expect, test } from 'vitest';
import * as fixture from './fixture.ts';
import { accepted, appendOf, apply, entries, leaderHeardTimers, persistEntries, persistVote, send } from './fixture.ts';
import { onAppend } from './replication.ts';

describe('the consistency check', () => {
  // Section 5.3 (dissertation, 3.5): an append is refused where the log has no entry of that term before it; the answer
  // helps the leader past a shorter log's end, or over the whole run of a conflicting term.
  test.each([
    { why: 'the log is too short', log: [1, 1], prevIndex: 5, prevTerm: 2, hint: 3 },
    { why: 'the log is empty', log: [], prevIndex: 1, prevTerm: 1, hint: 1 },
    { why: 'another term stands there', log: [1, 1, 1, 1], prevIndex: 4, prevTerm: 3, hint: 1 },
    { why: 'the conflicting run begins later', log: [1, 2, 2, 2], prevIndex: 3, prevTerm: 3, hint: 2 },
  ])('refuses where $why', ({ log, prevIndex, prevTerm, hint }) => {
    const state = fixture.followerWith({ log, term: 3 });
    const msg = appendOf({
      term: 3,
      prevIndex,
      prevTerm,
      entries: entries([3], prevIndex + 1),
      commitIndex: 2,
      round: 8,
    });
    onAppend(state, 'n2', msg);
    expect(state.takeEffects()).toEqual([
      ...leaderHeardTimers,
      send('n2', fixture.refused({ term: 3, prevIndex, hintIndex: hint, round: 8 })),
    ]);
    // A refusal proves nothing equal: neither log nor commit index move (planted bug R5).
    expect(fixture.termsOf(state)).toEqual(log);
    expect(state).toMatchObject({ commitIndex: 0, leader: 'n2', role: 'follower' });
  });

  // Section 5.3: committed entries equal the leader's, so no hint points before them.
  test('never hints at what is committed', () => {
    const state = fixture.followerOf('n2', { log: [1, 1, 1, 1], term: 3, commitIndex: 0 });
    onAppend(state, 'n2', appendOf({ term: 3, prevIndex: 2, prevTerm: 1, commitIndex: 2 }));
    expect(state.takeEffects().slice(-3, -1)).toEqual([apply(1, 'e1'), apply(2, 'e2')]);
    onAppend(state, 'n2', appendOf({ term: 3, prevIndex: 4, prevTerm: 3 }));
    expect(state.takeEffects().at(-1)).toEqual(send('n2', fixture.refused({ term: 3, prevIndex: 4, hintIndex: 3 })));
  });

  // Section 5.1: an append of an earlier term is refused, and changes nothing but the mind of a deposed leader.
  test('refuses an earlier term', () => {
    const state = fixture.followerWith({ log: [1], term: 4 });
    onAppend(state, 'n2', appendOf({ term: 3, prevIndex: 1, prevTerm: 1, entries: entries([3], 2) }));
    expect(state.takeEffects()).toEqual([send('n2', fixture.refused({ term: 4, prevIndex: 1 }))]);
    expect(fixture.termsOf(state)).toEqual([1]);
    expect(state).toMatchObject({ term: 4, leader: undefined, leaderHeard: false });
  });

  // Dissertation, section 6.4 (planted bug R3): rounds are counted from nought in each term, so an answer that carries
  // the present term must not carry the round of an append of an earlier one.
  test('echoes no round of an earlier term', () => {
    const state = fixture.followerWith({ term: 5 });
    onAppend(state, 'n2', appendOf({ term: 3, round: 100 }));
    expect(state.takeEffects()).toEqual([send('n2', fixture.refused({ term: 5, round: 0 }))]);
  });
});

describe('taking entries', () => {
  // Section 5.3; figure 2: the entries are durable before they are acknowledged.
  test('appends what is new and acknowledges it behind the barrier', () => {
    const state = fixture.followerWith({ log: [1] });
    onAppend(state, 'n2', appendOf({ term: 1, prevIndex: 1, prevTerm: 1, entries: entries([1, 1], 2), round: 4 }));
    expect(state.takeEffects()).toEqual([
      ...leaderHeardTimers,
      persistEntries(2, entries([1, 1], 2)),
      send('n2', accepted({ term: 1, prevIndex: 1, matchIndex: 3, round: 4 })),
    ]);
    expect(fixture.termsOf(state)).toEqual([1, 1, 1]);
  });

  // Section 5.1 and figure 2: a new term is on disk before an answer that is sent in it.
  test('persists a new term first', () => {
    const state = fixture.followerWith({ log: [1], votedFor: 'n3' });
    onAppend(state, 'n2', appendOf({ term: 2, prevIndex: 1, prevTerm: 1, entries: entries([2], 2) }));
    expect(state.takeEffects()).toEqual([
      persistVote(2, null),
      ...leaderHeardTimers,
      persistEntries(2, entries([2], 2)),
      send('n2', accepted({ term: 2, prevIndex: 1, matchIndex: 2 })),
    ]);
    expect(state).toMatchObject({ term: 2, votedFor: null, leader: 'n2', leaderHeard: true });
  });

  // Section 5.3, figure 7: what conflicts goes with all that follows it, from the first mismatch on and not before.
  test.each([
    { own: [1, 1, 2, 2], prevIndex: 2, terms: [3, 3], from: 3, written: [3, 3], after: [1, 1, 3, 3] },
    { own: [1, 1, 2, 2], prevIndex: 1, terms: [1, 3], from: 3, written: [3], after: [1, 1, 3] },
    { own: [1, 1, 2], prevIndex: 0, terms: [1, 1, 2, 3], from: 4, written: [3], after: [1, 1, 2, 3] },
    { own: [2, 2, 2], prevIndex: 0, terms: [1], from: 1, written: [1], after: [1] },
  ])('$own with $terms after $prevIndex becomes $after', ({ own, prevIndex, terms, from, written, after }) => {
    const state = fixture.followerWith({ log: own, term: 3 });
    const prevTerm = state.log.term(prevIndex);
    onAppend(state, 'n2', appendOf({ term: 3, prevIndex, prevTerm, entries: entries(terms, prevIndex + 1) }));
    expect(state.takeEffects()).toEqual([
      ...leaderHeardTimers,
      persistEntries(from, entries(written, from)),
      send('n2', accepted({ term: 3, prevIndex, matchIndex: prevIndex + terms.length })),
    ]);
    expect(fixture.termsOf(state)).toEqual(after);
  });

  // Section 5.3, figure 2 step 3 ("if an existing entry conflicts"): planted bug R6. An older append that comes late
  // covers a shorter log; to cut the log back to it would drop entries that were acknowledged.
  test.each([
    ['a heartbeat for an earlier index', 1, []],
    ['a repeated append', 1, [1, 1]],
    ['a late append of the first entries', 0, [1]],
  ])('%s cuts nothing off and writes nothing', (_what, prevIndex, terms) => {
    const state = fixture.followerWith({ log: [1, 1, 1, 1] });
    const prevTerm = state.log.term(prevIndex);
    onAppend(state, 'n2', appendOf({ term: 1, prevIndex, prevTerm, entries: entries(terms, prevIndex + 1) }));
    expect(state.takeEffects()).toEqual([
      ...leaderHeardTimers,
      send('n2', accepted({ term: 1, prevIndex, matchIndex: prevIndex + terms.length })),
    ]);
    expect(state.log.lastIndex).toBe(4);
  });

  // Section 5.4.3, leader completeness: an append that would overwrite a committed entry means that something is broken.
  test('a committed entry is never overwritten', () => {
    const state = fixture.followerOf('n2', { log: [1, 1, 1], commitIndex: 2 });
    const conflict = appendOf({ term: 2, prevIndex: 1, prevTerm: 1, entries: entries([2], 2) });
    expect(() => onAppend(state, 'n3', conflict)).toThrow('entry 2 would overwrite a log that is committed up to 2');
  });
});

describe('following the commit index', () => {
  // Figure 2, AppendEntries step 5: min(leaderCommit, index of the last entry that this message proved equal). Planted
  // bug R5: behind that index the follower may hold entries that the leader is about to replace.
  test.each([
    { leaderCommit: 1, prevIndex: 3, terms: [], commit: 1 },
    { leaderCommit: 9, prevIndex: 2, terms: [], commit: 2 },
    { leaderCommit: 9, prevIndex: 1, terms: [1], commit: 2 },
    { leaderCommit: 3, prevIndex: 3, terms: [1, 1], commit: 3 },
    { leaderCommit: 9, prevIndex: 3, terms: [1, 1], commit: 5 },
  ])('leader $leaderCommit, proved up to $prevIndex + $terms.length: $commit', (row) => {
    const { leaderCommit, prevIndex, terms, commit } = row;
    const state = fixture.followerWith({ log: [1, 1, 1, 1] });
    const sent = entries(terms, prevIndex + 1);
    onAppend(state, 'n2', appendOf({ term: 1, prevIndex, prevTerm: 1, entries: sent, commitIndex: leaderCommit }));
    const written = terms.length === 2 ? [persistEntries(5, entries([1], 5))] : [];
    expect(state.takeEffects()).toEqual([
      ...leaderHeardTimers,
      ...written,
      ...Array.from({ length: commit }, (_, offset) => apply(offset + 1, `e${offset + 1}`)),
      send('n2', accepted({ term: 1, prevIndex, matchIndex: prevIndex + terms.length })),
    ]);
    expect(state.commitIndex).toBe(commit);
  });

  test('never goes back, and applies nothing twice', () => {
    const state = fixture.followerOf('n2', { log: [1, 1, 1], commitIndex: 3 });
    onAppend(state, 'n2', appendOf({ term: 1, prevIndex: 3, prevTerm: 1, commitIndex: 1 }));
    onAppend(state, 'n2', appendOf({ term: 1, prevIndex: 1, prevTerm: 1, commitIndex: 3 }));
    expect(state.takeEffects().filter(({ kind }) => kind === 'apply')).toEqual([]);
    expect(state.commitIndex).toBe(3);
  });
});
