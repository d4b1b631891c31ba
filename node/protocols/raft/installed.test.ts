/** A follower installs the snapshot of its leader. Dissertation, section 5.1; extended paper, section 7 and figure 13. */
import { describe, expect, test } from 'vitest';
import { onTimeoutNow, onVote, startPreVote } from './election.ts';
import * as fixture from './fixture.ts';
import {
  accepted,
  appendOf,
  apply,
  entries,
  leaderHeardTimers,
  persist,
  persistEntries,
  persistVote,
  send,
} from './fixture.ts';
import { onAppend } from './replication.ts';
import { correctRules } from './rules.ts';
import { compact, followerOfTerm2, hearPiece, snapshotOf } from './snapshot-fixture.ts';
import { onInstalled } from './snapshots.ts';
import type { RaftEffect, RaftState } from './state.ts';

/** A follower that has all pieces of the snapshot of index 6, which is being made durable. */
function installing(setup: Parameters<typeof fixture.followerOf>[1] = {}): RaftState {
  const state = followerOfTerm2(setup);
  for (const offset of [0, 8, 16]) hearPiece(state, offset);
  expect(state.incoming).toMatchObject({ installing: true, record: snapshotOf(6, 2) });
  return state;
}

function installed(state: RaftState): readonly RaftEffect[] {
  onInstalled(state, 6, 20);
  return state.takeEffects();
}

describe('while it is being installed', () => {
  test('the leader is heard and answered, but nothing is said of a log that is about to be replaced', () => {
    const state = installing();
    onAppend(state, 'n2', appendOf({ term: 2, prevIndex: 2, prevTerm: 1, entries: entries([2], 3), commitIndex: 3 }));
    // Section 6.2: it is alive, and says so; that all logs are equal up to index 0 is true of any.
    expect(state.takeEffects()).toEqual([...leaderHeardTimers, send('n2', accepted({ term: 2 }))]);
    for (const offset of [0, 16]) expect(hearPiece(state, offset)).toEqual(leaderHeardTimers);
    expect(fixture.termsOf(state)).toEqual([1, 1]);
    expect(state.commitIndex).toBe(0);
  });

  test('it stands for no election: it would not know for which log', () => {
    const state = installing();
    startPreVote(state);
    expect(state.takeEffects()).toEqual([fixture.timer('election', 150, 300)]);
    expect(state).toMatchObject({ role: 'follower', term: 2, leader: undefined });
  });

  // Section 3.10.
  test('it does not take over the leadership that it is offered', () => {
    const state = installing();
    onTimeoutNow(state, { type: 'timeout-now', term: 2 });
    expect(state.takeEffects()).toEqual([]);
    expect(state).toMatchObject({ role: 'follower', term: 2, leader: 'n2' });
  });

  // Nothing of the snapshot was acknowledged, so it promises no more than its log does (section 5.4.1).
  test('it votes, by the log that it has', () => {
    const state = installing();
    state.leaderHeard = false;
    onVote(state, 'n3', { type: 'vote', term: 3, lastIndex: 2, lastTerm: 1 });
    expect(state.takeEffects().at(-1)).toEqual(send('n3', { type: 'vote-reply', term: 3, granted: true }));
  });

  test('a new leader is heard, and hears when it is done', () => {
    const state = installing();
    onAppend(state, 'n3', appendOf({ term: 3, prevIndex: 9, prevTerm: 2 }));
    expect(state.takeEffects()).toEqual([
      persistVote(3, null),
      ...leaderHeardTimers,
      send('n3', accepted({ term: 3 })),
    ]);
    expect(hearPiece(state, 0, 'n3', 3)).toEqual(leaderHeardTimers);
    expect(installed(state)).toEqual([
      persist(snapshotOf(6, 2)),
      persistVote(3, null),
      compact(4, 6),
      send('n3', accepted({ term: 3, prevIndex: 6, matchIndex: 6 })),
    ]);
  });
});

describe('a snapshot that is installed', () => {
  // Figure 13, step 7. The marker makes void, after a restart, what the records before it say of the log.
  test.each([
    { what: 'is shorter', log: [1, 1], commitIndex: 1 },
    { what: 'is empty', log: [], commitIndex: 0 },
    { what: 'ends in a conflict', log: [1, 1, 1, 1, 1, 1, 1, 1], commitIndex: 4 },
  ])('takes the place of a log that $what: a marker is written, and all before it may go', ({ log, commitIndex }) => {
    const state = installing({ log, commitIndex });
    expect(installed(state)).toEqual([
      persist(snapshotOf(6, 2)),
      persistVote(2, 'n2'),
      compact(3, 6),
      send('n2', accepted({ term: 2, prevIndex: 6, matchIndex: 6 })),
    ]);
    expect(state).toMatchObject({ commitIndex: 6, unsavedBytes: 0, incoming: undefined });
    expect(state.snapshot).toEqual({ record: snapshotOf(6, 2), bytes: 20 });
    expect(state.log).toMatchObject({ base: 6, lastIndex: 6, lastTerm: 2, bytes: 0 });
  });

  // Figure 13, step 6: what follows the snapshot's last entry may have been acknowledged, and stays.
  test('leaves a log that leads to it as it is, and writes no marker', () => {
    const state = followerOfTerm2({ log: [1, 1, 1, 1, 1, 2, 2] });
    state.install(snapshotOf(6, 2), 20);
    expect(state.takeEffects()).toEqual([compact(1, 6)]);
    expect(fixture.termsOf(state)).toEqual([1, 1, 1, 1, 1, 2, 2]);
    expect(state).toMatchObject({ commitIndex: 6, snapshot: { record: snapshotOf(6, 2), bytes: 20 } });
  });

  test('is followed by the entries behind it', () => {
    const state = installing();
    installed(state);
    const news = entries([2, 2], 7);
    onAppend(state, 'n2', appendOf({ term: 2, prevIndex: 6, prevTerm: 2, entries: news, commitIndex: 7 }));
    expect(state.takeEffects()).toEqual([
      ...leaderHeardTimers,
      persistEntries(7, news),
      apply(7, 'e7'),
      send('n2', accepted({ term: 2, prevIndex: 6, matchIndex: 8 })),
    ]);
    // Records: 1 the entries, 2 the vote, 3 the marker, 4 the vote anew.
    expect(state.log.position(7)).toBe(5);
  });

  test('makes late appends agree that end before it, or reach behind it', () => {
    const state = installing();
    installed(state);
    onAppend(state, 'n2', appendOf({ term: 2, prevIndex: 2, prevTerm: 1, entries: entries([1, 1], 3) }));
    expect(state.takeEffects()).toEqual([
      ...leaderHeardTimers,
      send('n2', accepted({ term: 2, prevIndex: 2, matchIndex: 4 })),
    ]);
    onAppend(state, 'n2', appendOf({ term: 2, prevIndex: 4, prevTerm: 1, entries: entries([1, 2, 2], 5) }));
    expect(state.takeEffects()).toEqual([
      ...leaderHeardTimers,
      persistEntries(7, entries([2], 7)),
      send('n2', accepted({ term: 2, prevIndex: 4, matchIndex: 7 })),
    ]);
  });

  test('is acknowledged again where its pieces come again: the acknowledgement was lost', () => {
    const state = installing();
    installed(state);
    expect(hearPiece(state, 16)).toEqual([
      ...leaderHeardTimers,
      send('n2', accepted({ term: 2, prevIndex: 6, matchIndex: 6 })),
    ]);
  });

  test('is acknowledged to nobody where no leader is known', () => {
    const state = installing();
    state.becomeFollower(5);
    state.takeEffects();
    expect(installed(state)).toEqual([persist(snapshotOf(6, 2)), persistVote(5, null), compact(4, 6)]);
  });

  test('tells observers that nothing is left of the log', () => {
    const state = installing({ trace: true });
    const fact = { type: 'compact', index: 6, entries: 0, bytes: 0 } as const;
    expect(installed(state)).toContainEqual({ kind: 'note', fact });
  });

  test('is newer than what is decided, or something is broken', () => {
    const state = followerOfTerm2({ log: [1, 1, 1, 1, 1, 1, 1], commitIndex: 6 });
    expect(() => state.install(snapshotOf(6, 2), 20)).toThrow('snapshot 6 is older than what is decided');
  });

  // Planted bug R7: figure 13, step 7 left out. What conflicts stays, and is taken for what the snapshot led to.
  test('does not stand beside a conflicting log, but where a planted bug wants it', () => {
    const conflict = { log: [1, 1, 1, 1, 1, 1, 1], commitIndex: 4 };
    const broken = installing({ ...conflict, rules: { ...correctRules, keepsLog: () => true } });
    installed(broken);
    expect(fixture.termsOf(broken)).toEqual(conflict.log);
    const sound = installing(conflict);
    installed(sound);
    expect(fixture.termsOf(sound)).toEqual([]);
  });
});
