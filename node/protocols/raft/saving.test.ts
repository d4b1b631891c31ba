/** When a replica saves a snapshot of its own machine, and what it gives up for it. Dissertation, section 5.1. */
import { describe, expect, test } from 'vitest';
import * as fixture from './fixture.ts';
import { accepted, appendOf, apply, bytes, entries, leaderHeardTimers, persistVote, send } from './fixture.ts';
import { appendAsLeader, onAppend } from './replication.ts';
import * as snapshots from './snapshot-fixture.ts';
import { commitByMajority, compact, compactedLeader, finishSaving, save } from './snapshot-fixture.ts';
import { onSnapshotted } from './snapshots.ts';
import type { RaftEffect, RaftState } from './state.ts';

/** What one entry of `entries` counts: two bytes, and 32 for itself. */
const entryBytes = 34;

/** A follower of n2 with ten entries of term 1 in record 1, none of which is committed, and its vote in record 2. */
function followerOfTen(setup: fixture.Setup = {}): RaftState {
  const state = fixture.followerOf('n2', { log: Array.from({ length: 10 }, () => 1), ...setup });
  state.setTermAndVote(1, 'n2');
  state.takeEffects();
  return state;
}

/** The effects of hearing that all up to `index` is committed. */
function hearCommit(state: RaftState, index: number): readonly RaftEffect[] {
  onAppend(state, 'n2', appendOf({ term: 1, prevIndex: 10, prevTerm: 1, commitIndex: index }));
  return state.takeEffects();
}

const savesOf = (effects: readonly RaftEffect[]) => effects.filter(({ kind }) => kind === 'snapshot');

describe('a snapshot is due', () => {
  // Section 5.1.2: when the log reaches a size in bytes.
  test('when what was applied since the last one is long enough, and then of all that is applied', () => {
    const state = followerOfTen({ snapshotAfterBytes: 3 * entryBytes });
    expect(savesOf(hearCommit(state, 2))).toEqual([]);
    expect(hearCommit(state, 4)).toEqual([
      ...leaderHeardTimers,
      apply(3, 'e3'),
      apply(4, 'e4'),
      send('n2', accepted({ term: 1, prevIndex: 10, matchIndex: 10 })),
      save(4, 1),
    ]);
    expect(state).toMatchObject({ unsavedBytes: 0, snapshot: undefined, saving: snapshots.snapshotOf(4, 1) });
  });

  // Section 5.1: each server takes snapshots independently; a leader as well, of what it has just committed.
  test('on a leader as on a follower', () => {
    const state = fixture.settledLeaderWith({ snapshotAfterBytes: 2 * entryBytes });
    appendAsLeader(state, bytes('e2'));
    state.takeEffects();
    fixture.acknowledge(state, 'n1', 2);
    fixture.acknowledge(state, 'n2', 2);
    expect(state.takeEffects()).toEqual([apply(2, 'e2')]);
    commitByMajority(state, 'e3');
    expect(state.takeEffects().filter(({ kind }) => kind === 'apply' || kind === 'snapshot')).toEqual([
      apply(3, 'e3'),
      save(3, 1),
    ]);
  });

  // Section 5.1.2: a multiple of the snapshot before it, so that what is spent on saving stays a part of all writing.
  test.each([
    { length: 34, entriesWanted: 4 },
    { length: 35, entriesWanted: 5 },
    { length: 8, entriesWanted: 1 },
    { length: 0, entriesWanted: 1 },
  ])('after one of $length bytes when $entriesWanted entries are new', ({ length, entriesWanted }) => {
    const state = followerOfTen({ snapshotAfterBytes: entryBytes });
    hearCommit(state, 1);
    finishSaving(state, length);
    state.takeEffects();
    if (entriesWanted > 1) expect(savesOf(hearCommit(state, entriesWanted))).toEqual([]);
    expect(savesOf(hearCommit(state, 1 + entriesWanted))).toEqual([save(1 + entriesWanted, 1)]);
  });

  test('one at a time; what is applied meanwhile counts for the next', () => {
    const state = followerOfTen({ snapshotAfterBytes: 2 * entryBytes });
    expect(savesOf(hearCommit(state, 2))).toEqual([save(2, 1)]);
    expect(savesOf(hearCommit(state, 9))).toEqual([]);
    finishSaving(state, 10);
    expect(savesOf(state.takeEffects())).toEqual([]);
    expect(savesOf(hearCommit(state, 9))).toEqual([save(9, 1)]);
  });

  test('again only after as much again, where one was installed or begun from', () => {
    const state = followerOfTen({ snapshotAfterBytes: 3 * entryBytes });
    hearCommit(state, 2);
    state.install(snapshots.snapshotOf(8, 2), 10);
    expect(state.unsavedBytes).toBe(0);
    state.takeEffects();
    onAppend(
      state,
      'n2',
      appendOf({ term: 1, prevIndex: 8, prevTerm: 2, entries: entries([1, 1], 9), commitIndex: 10 }),
    );
    expect(savesOf(state.takeEffects())).toEqual([]);
  });
});

describe('a snapshot that is durable', () => {
  // Section 5.1: the log up to it may go. It stays for once, for followers that lag a little.
  test('takes nothing away when it is the first', () => {
    const state = followerOfTen({ snapshotAfterBytes: 1 });
    hearCommit(state, 4);
    finishSaving(state, 20);
    expect(state.takeEffects()).toEqual([compact(1, 0)]);
    expect(state).toMatchObject({ saving: undefined, snapshot: { record: snapshots.snapshotOf(4, 1), bytes: 20 } });
    expect(state.log).toMatchObject({ base: 0, lastIndex: 10 });
  });

  // The record of entry 4 holds entries that are gone as well; it stays for the term of what is before entry 5.
  test('takes away the log behind the one before it, the records before that entry, and still older snapshots', () => {
    const state = fixture.followerOf('n2', { snapshotAfterBytes: 1, term: 1 });
    for (const from of [1, 3, 5]) {
      const before = from - 1;
      onAppend(
        state,
        'n2',
        appendOf({ term: 1, prevIndex: before, prevTerm: before && 1, entries: entries([1, 1], from) }),
      );
    }
    state.setTermAndVote(1, 'n2');
    const commit = (index: number) => {
      onAppend(state, 'n2', appendOf({ term: 1, prevIndex: 6, prevTerm: 1, commitIndex: index }));
      state.takeEffects();
      finishSaving(state, 1);
      return state.takeEffects();
    };
    expect(commit(4)).toEqual([compact(1, 0)]);
    expect(state.log.position(4)).toBe(2);
    expect(commit(5)).toEqual([compact(2, 4)]);
    expect(state.log).toMatchObject({ base: 4, lastIndex: 6, lastTerm: 1 });
    expect(state.log.term(4)).toBe(1);
    expect(commit(6)).toEqual([compact(3, 5)]);
    expect(state.log).toMatchObject({ base: 5, lastIndex: 6 });
    expect(state.snapshot?.record).toEqual(snapshots.snapshotOf(6, 1));
  });

  // Figure 2: currentTerm and votedFor are persistent, wherever their record was.
  test('takes no vote away: it is written anew, before its record goes', () => {
    const state = fixture.leaderWith({ log: [1, 1, 1], snapshotAfterBytes: 1 });
    commitByMajority(state);
    finishSaving(state, 1);
    state.takeEffects();
    commitByMajority(state, 'e5');
    state.takeEffects();
    // Record 1 holds entries 1 to 3, record 2 the vote, record 3 the no-op, which is entry 4.
    finishSaving(state, 1);
    expect(state.takeEffects()).toEqual([persistVote(2, 'n1'), compact(3, 4)]);
    commitByMajority(state, 'e6');
    state.takeEffects();
    // Record 4 holds entry 5, and record 5 the vote by now: it would not go.
    finishSaving(state, 1);
    expect(state.takeEffects()).toEqual([compact(4, 5)]);
  });

  test('tells observers what is left of the log', () => {
    const state = compactedLeader({ trace: true });
    commitByMajority(state, 'e8', 'e9', 'e10');
    state.takeEffects();
    finishSaving(state, 20);
    const fact = { type: 'compact', index: 6, entries: 4, bytes: 9 } as const;
    expect(state.takeEffects().at(-1)).toEqual({ kind: 'note', fact });
  });

  test('is of no account where nobody asked for it, or where a newer one was installed meanwhile', () => {
    const state = followerOfTen({ snapshotAfterBytes: entryBytes });
    onSnapshotted(state, 4, 20);
    expect(state.takeEffects()).toEqual([]);
    hearCommit(state, 4);
    onSnapshotted(state, 3, 20);
    expect(state.takeEffects()).toEqual([]);
    state.install(snapshots.snapshotOf(12, 2), 30);
    state.takeEffects();
    finishSaving(state, 20);
    expect(state.takeEffects()).toEqual([]);
    expect(state).toMatchObject({ saving: undefined, snapshot: { record: snapshots.snapshotOf(12, 2), bytes: 30 } });
    expect(state.log).toMatchObject({ base: 12, lastIndex: 12 });
  });
});
