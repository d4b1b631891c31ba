/** A follower takes the snapshot of its leader. Dissertation, section 5.1; extended paper, section 7 and figure 13. */
import { describe, expect, test } from 'vitest';
import * as fixture from './fixture.ts';
import { accepted, appendOf, apply, entries, leaderHeardTimers, persistVote, send } from './fixture.ts';
import { onAppend } from './replication.ts';
import { followerOfTerm2, hearPiece, install, pieceAt, receive, wanted } from './snapshot-fixture.ts';
import { onInstall } from './snapshots.ts';

describe('the pieces of a snapshot', () => {
  // Figure 13, steps 2 to 5: a new file with the first piece, data at its offset, more until it is done.
  test('are kept as they come, and the next is asked for; with the last one it is installed', () => {
    const state = followerOfTerm2();
    expect(hearPiece(state, 0)).toEqual([...leaderHeardTimers, receive(6, 0), send('n2', wanted(8))]);
    expect(hearPiece(state, 8)).toEqual([...leaderHeardTimers, receive(6, 8), send('n2', wanted(16))]);
    expect(hearPiece(state, 16)).toEqual([...leaderHeardTimers, receive(6, 16), install(6, 2)]);
    // Nothing has changed yet.
    expect(state).toMatchObject({ commitIndex: 0, snapshot: undefined, leader: 'n2' });
    expect(fixture.termsOf(state)).toEqual([1, 1]);
  });

  test('may be a single one', () => {
    const state = followerOfTerm2();
    onInstall(state, 'n2', { ...pieceAt(0), last: true });
    expect(state.takeEffects()).toEqual([...leaderHeardTimers, receive(6, 0), install(6, 2)]);
  });

  test.each([
    { what: 'that comes twice', offset: 0 },
    { what: 'that comes too early', offset: 16 },
  ])('one $what is not kept; the answer says which is wanted', ({ offset }) => {
    const state = followerOfTerm2();
    hearPiece(state, 0);
    expect(hearPiece(state, offset)).toEqual([...leaderHeardTimers, send('n2', wanted(8))]);
    expect(hearPiece(state, 8)).toEqual([...leaderHeardTimers, receive(6, 8), send('n2', wanted(16))]);
  });

  test('that came before a restart are lost: the follower wants the first', () => {
    expect(hearPiece(followerOfTerm2(), 16)).toEqual([...leaderHeardTimers, send('n2', wanted(0))]);
  });

  // Section 5.1.3: leaders make their snapshots by themselves, and the same state may be other bytes.
  test('are not mixed with those of another leader, though of the same index', () => {
    const state = followerOfTerm2();
    hearPiece(state, 0);
    expect(hearPiece(state, 8, 'n3', 3)).toEqual([
      persistVote(3, null),
      ...leaderHeardTimers,
      send('n3', wanted(0, 3)),
    ]);
    expect(hearPiece(state, 0, 'n3', 3)).toEqual([...leaderHeardTimers, receive(6, 0), send('n3', wanted(8, 3))]);
    // What the former leader still sends is of no use, and tells it of the term (figure 13, step 1).
    expect(hearPiece(state, 8, 'n2', 2)).toEqual([send('n2', wanted(0, 3))]);
    expect(hearPiece(state, 8, 'n3', 3)).toEqual([...leaderHeardTimers, receive(6, 8), send('n3', wanted(16, 3))]);
  });

  test('of an older snapshot that come late do not undo what has come of the newer one', () => {
    const state = followerOfTerm2();
    hearPiece(state, 0);
    onInstall(state, 'n2', { ...pieceAt(0), index: 5 });
    expect(state.takeEffects()).toEqual(leaderHeardTimers);
    expect(hearPiece(state, 8)).toEqual([...leaderHeardTimers, receive(6, 8), send('n2', wanted(16))]);
    onInstall(state, 'n2', { ...pieceAt(0), index: 7 });
    expect(state.takeEffects()).toContainEqual(receive(7, 0));
  });

  // Between two terms that it leads it may have installed another one's snapshot of that index.
  test('are not mixed with those of an earlier term of the same leader', () => {
    const state = followerOfTerm2();
    hearPiece(state, 0);
    expect(hearPiece(state, 8, 'n2', 4).at(-1)).toEqual(send('n2', wanted(0, 4)));
  });

  test('are not mixed with those of another snapshot of the same leader', () => {
    const state = followerOfTerm2();
    hearPiece(state, 0);
    onInstall(state, 'n2', { ...pieceAt(8), index: 9 });
    expect(state.takeEffects()).toEqual([...leaderHeardTimers, send('n2', wanted(0, 2, 9))]);
  });

  // Section 5.1 of the paper: a later term is on disk before anything is answered in it.
  test('make a candidate follow, and persist a later term', () => {
    const state = fixture.candidateWith({ log: [1, 1], term: 2 });
    expect(hearPiece(state, 0, 'n2', 4)).toEqual([
      persistVote(4, null),
      ...leaderHeardTimers,
      receive(6, 0),
      send('n2', wanted(8, 4)),
    ]);
    expect(state).toMatchObject({ role: 'follower', term: 4, leader: 'n2', leaderHeard: true });
  });

  // Section 5.2 of the paper, election safety.
  test('do not come to the leader of the same term', () => {
    const state = fixture.settledLeaderWith({ term: 1 });
    expect(() => hearPiece(state, 0)).toThrow('n2 claims to lead term 2, and so does this replica');
  });
});

describe('a snapshot that the follower does not need', () => {
  test('is answered with how far it has come, where it holds no more than what is decided', () => {
    const state = followerOfTerm2({ log: [1, 1, 1, 1, 1, 2, 2, 2], commitIndex: 7 });
    expect(hearPiece(state, 0)).toEqual([
      ...leaderHeardTimers,
      send('n2', accepted({ term: 2, prevIndex: 6, matchIndex: 7 })),
    ]);
  });

  // Figure 13, step 6; what a snapshot covers is decided.
  test('commits what it covers where the log leads there, and what follows stays', () => {
    const state = followerOfTerm2({ log: [1, 1, 1, 1, 1, 2, 2, 2], commitIndex: 4 });
    expect(hearPiece(state, 0)).toEqual([
      ...leaderHeardTimers,
      apply(5, 'e5'),
      apply(6, 'e6'),
      send('n2', accepted({ term: 2, prevIndex: 6, matchIndex: 6 })),
    ]);
    expect(state).toMatchObject({ commitIndex: 6, incoming: undefined });
    expect(state.log.lastIndex).toBe(8);
  });

  test('any longer, because entries have come meanwhile, is not installed', () => {
    const state = followerOfTerm2({ log: [1, 1, 1] });
    hearPiece(state, 0);
    const news = entries([1, 1, 2], 4);
    onAppend(state, 'n2', appendOf({ term: 2, prevIndex: 3, prevTerm: 1, entries: news, commitIndex: 6 }));
    state.takeEffects();
    expect(hearPiece(state, 8)).toEqual([
      ...leaderHeardTimers,
      send('n2', accepted({ term: 2, prevIndex: 6, matchIndex: 6 })),
    ]);
    expect(hearPiece(state, 16)).toEqual([
      ...leaderHeardTimers,
      send('n2', accepted({ term: 2, prevIndex: 6, matchIndex: 6 })),
    ]);
  });

  test('is taken where another entry stands at its index, however long the log', () => {
    const state = followerOfTerm2({ log: [1, 1, 1, 1, 1, 1, 1, 1], commitIndex: 4 });
    expect(hearPiece(state, 0)).toEqual([...leaderHeardTimers, receive(6, 0), send('n2', wanted(8))]);
  });
});
