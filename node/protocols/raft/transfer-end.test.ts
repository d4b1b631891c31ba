/** How the transfer of a snapshot ends, or begins anew. Dissertation, section 5.1. */
import { describe, expect, test } from 'vitest';
import * as fixture from './fixture.ts';
import { accepted, appendOf, bytes, entry, persistVote, sendNow } from './fixture.ts';
import type { Progress } from './progress.ts';
import { broadcastAppend, onAppend, onAppendReply, onRecalled } from './replication.ts';
import { commitByMajority, compact, finishSaving, load, loaded, sendingLeader, wanted } from './snapshot-fixture.ts';
import { onInstallReply, onLoaded } from './snapshots.ts';
import type { RaftState } from './state.ts';

const progressOf = (state: RaftState, peer = 'n3') => state.progress.get(peer) as Progress;

describe('a transfer ends', () => {
  // Section 5.1: the follower has the state of index 6 now, and takes the entries behind it.
  test('when the follower acknowledges what is in the log, and the stream of entries goes on from there', () => {
    const state = sendingLeader(16);
    fixture.acknowledge(state, 'n3', 6);
    expect(state.takeEffects()).toEqual([
      sendNow('n3', appendOf({ term: 2, prevIndex: 6, prevTerm: 2, entries: [entry(2, 'e7')], commitIndex: 7 })),
    ]);
    expect(progressOf(state)).toMatchObject({ state: 'replicate', matchIndex: 6, nextIndex: 8, transfer: undefined });
  });

  test.each([4, 5, 7])('in the middle, when the follower has come to %i by other ways', (index) => {
    const state = sendingLeader(8);
    fixture.acknowledge(state, 'n3', index);
    expect(progressOf(state)).toMatchObject({ state: 'replicate', matchIndex: index, transfer: undefined });
    state.takeEffects();
    onInstallReply(state, 'n3', wanted(16));
    loaded(state, 8);
    expect(state.takeEffects()).toEqual([]);
  });

  // Section 5.1 of the paper: whoever hears of a later term follows.
  test('when its leader hears of a later term', () => {
    const state = sendingLeader(8);
    onInstallReply(state, 'n3', wanted(16));
    state.takeEffects();
    onInstallReply(state, 'n3', wanted(0, 5));
    expect(state.takeEffects()).toEqual([
      persistVote(5, null),
      ...fixture.stepDownTimers.cancelled,
      ...fixture.stepDownTimers.set,
    ]);
    expect(state).toMatchObject({ role: 'follower', term: 5 });
    loaded(state, 16);
    onInstallReply(state, 'n3', wanted(16, 5));
    expect(state.takeEffects()).toEqual([]);
  });

  test('not by an answer of an earlier term', () => {
    const state = sendingLeader(8);
    onInstallReply(state, 'n3', wanted(16, 1));
    expect(state.takeEffects()).toEqual([]);
    expect(progressOf(state).transfer).toMatchObject({ offset: 8 });
  });
});

describe('what was under way for a follower when a snapshot becomes durable', () => {
  /** A leader of term 2 with nothing in memory, that has a snapshot of 4, saves one of 6, and reads entry `from` for n3. */
  function readingLeader(from: number): RaftState {
    const state = fixture.leaderWith({
      log: [1, 1, 1],
      snapshotAfterBytes: 1,
      logCacheBytes: 0,
      maxEntriesPerMessage: 1,
    });
    commitByMajority(state);
    finishSaving(state, 10);
    commitByMajority(state, 'e5', 'e6');
    onAppendReply(state, 'n3', fixture.refused({ term: 2, prevIndex: 3, hintIndex: 1 }));
    onAppendReply(state, 'n3', accepted({ term: 2, prevIndex: from - 1, matchIndex: from - 1 }));
    expect(state.progress.get('n3')).toMatchObject({ state: 'replicate', recall: { from, to: from } });
    state.takeEffects();
    return state;
  }

  test('a record that is read for entries that go is not waited for: it is sent a snapshot instead', () => {
    const state = readingLeader(4);
    const position = state.log.position(4);
    finishSaving(state, 20);
    expect(state.progress.get('n3')).toMatchObject({ state: 'replicate', recall: undefined, nextIndex: 4 });
    state.takeEffects();
    onRecalled(state, position, { kind: 'entries', from: 4, entries: [{ term: 2, payload: bytes('') }] });
    expect(state.takeEffects()).toEqual([]);
    broadcastAppend(state);
    expect(state.takeEffects()).toContainEqual(load(6, 0, 100));
    expect(state.progress.get('n3')).toMatchObject({ state: 'snapshot' });
  });

  test('a record that is read for entries that stay is sent when it comes', () => {
    const state = readingLeader(5);
    finishSaving(state, 20);
    state.takeEffects();
    onRecalled(state, state.log.position(5), { kind: 'entries', from: 5, entries: [fixture.entry(2, 'e5')] });
    expect(state.takeEffects()[0]).toEqual(
      sendNow(
        'n3',
        appendOf({ term: 2, prevIndex: 4, prevTerm: 2, entries: [fixture.entry(2, 'e5')], commitIndex: 6 }),
      ),
    );
  });

  const saveAnother = (state: RaftState) => {
    commitByMajority(state, 'x'.repeat(80));
    state.takeEffects();
    finishSaving(state, 20);
  };

  test('the snapshot that it is being sent stays while it is the last but one', () => {
    const state = sendingLeader();
    saveAnother(state);
    expect(state.takeEffects().filter(({ kind }) => kind === 'load')).toEqual([]);
    expect(state.progress.get('n3')).toMatchObject({
      state: 'snapshot',
      transfer: { record: { index: 6 }, offset: 0 },
    });
    // When it is installed, what follows it must still be in the log.
    expect(state.log.base).toBe(6);
  });

  test('one that goes is not sent any further: it is sent the newest from the start', () => {
    const state = sendingLeader();
    saveAnother(state);
    saveAnother(state);
    // Record 8 holds entry 8; the vote was last in record 6.
    expect(state.takeEffects()).toEqual([persistVote(2, 'n1'), compact(8, 8), load(9, 0)]);
    expect(state.progress.get('n3')).toMatchObject({ transfer: { record: { index: 9 }, offset: 0, loading: true } });
    // What was read of the old one comes too late.
    onLoaded(state, { kind: 'loaded', index: 6, offset: 0, bytes: bytes('late'), last: false });
    expect(state.takeEffects()).toEqual([]);
  });

  test('one that leads no more reads nothing for it', () => {
    const state = sendingLeader();
    state.becomeFollower(3, 'n2');
    state.takeEffects();
    for (const texts of [
      ['a', 'b', 'c'],
      ['d', 'e', 'f'],
    ]) {
      const { lastIndex: prevIndex, lastTerm: prevTerm } = state.log;
      const news = texts.map((text) => fixture.entry(3, text));
      const commitIndex = prevIndex + news.length;
      onAppend(state, 'n2', appendOf({ term: 3, prevIndex, prevTerm, entries: news, commitIndex }));
      finishSaving(state, 20);
      expect(state.takeEffects().filter(({ kind }) => kind === 'load')).toEqual([]);
    }
  });
});
