/**
 * Followers that need what the leader no longer has in memory. How much goes at a time is what section 10.2.2 of the
 * dissertation suggests: one megabyte.
 */
import { describe, expect, test } from 'vitest';
import * as fixture from './fixture.ts';
import { accepted, acknowledge, appendOf, bytes, entries, refused, sendNow } from './fixture.ts';
import type { RaftRecord } from './messages.ts';
import { newProgress, type Progress } from './progress.ts';
import { appendAsLeader, broadcastAppend, onAppendReply, onRecalled, replicate } from './replication.ts';
import type { RaftState } from './state.ts';

const recall = (position: number) => ({ kind: 'recall', position }) as const;

/** The no-op at index 4. */
const emptyEntry: RaftRecord = { kind: 'entries', from: 4, entries: [{ term: 2, payload: bytes('') }] };

/** A record of the entries of these terms, from index `from` on. */
const record = (terms: readonly number[], from: number): RaftRecord => ({
  kind: 'entries',
  from,
  entries: entries(terms, from),
});

/**
 * The leader of term 2, in whose memory is nothing. Record 1 holds entries 1 to 3, and the last two records its no-op at 4
 * and "e5". All of it is committed, by all but n3.
 */
function forgetfulLeader(setup: fixture.Setup = {}): RaftState {
  const state = fixture.leaderWith({ log: [1, 1, 1], logCacheBytes: 0, ...setup });
  appendAsLeader(state, bytes('e5'));
  for (const member of state.config.members) if (member !== 'n3') acknowledge(state, member, 5);
  state.takeEffects();
  expect([1, 2, 3, 4, 5].map((index) => state.log.holds(index))).toEqual([false, false, false, false, false]);
  return state;
}

/** n3 says that its log is empty, and then that it meets the leader's before the first entry. */
function meet(state: RaftState, prevIndex = 3): void {
  onAppendReply(state, 'n3', refused({ term: state.term, prevIndex, hintIndex: 1 }));
  state.takeEffects();
  onAppendReply(state, 'n3', accepted({ term: state.term }));
}

describe('a follower that lacks an entry which is no longer in memory', () => {
  test('is first asked whether the logs meet, without anything that would have to be read', () => {
    const state = forgetfulLeader();
    onAppendReply(state, 'n3', refused({ term: 2, prevIndex: 3, hintIndex: 1 }));
    expect(state.takeEffects()).toEqual([sendNow('n3', appendOf({ term: 2, commitIndex: 5 }))]);
    expect(state.progress.get('n3')).toMatchObject({ state: 'probe', probing: true, recall: undefined });
  });

  test('waits until the records that hold what one message may carry were read', () => {
    const state = forgetfulLeader();
    const [noOp, last] = [state.log.position(4), state.log.position(5)];
    meet(state);
    expect(state.takeEffects()).toEqual([recall(1), recall(noOp), recall(last)]);
    onRecalled(state, last, record([2], 5));
    onRecalled(state, 1, record([1, 1, 1], 1));
    expect(state.takeEffects()).toEqual([]);
    onRecalled(state, noOp, emptyEntry);
    const read = [...entries([1, 1, 1]), { term: 2, payload: bytes('') }, ...entries([2], 5)];
    expect(state.takeEffects()).toEqual([sendNow('n3', appendOf({ term: 2, entries: read, commitIndex: 5 }))]);
    expect(state.progress.get('n3')).toMatchObject({ state: 'replicate', nextIndex: 6, recall: undefined });
  });

  test('hears heartbeats meanwhile, and no record is read twice', () => {
    const state = forgetfulLeader();
    meet(state);
    state.takeEffects();
    broadcastAppend(state);
    replicate(state);
    const effects = state.takeEffects();
    expect(effects).toContainEqual(sendNow('n3', appendOf({ term: 2, commitIndex: 5 })));
    expect(effects.filter(({ kind }) => kind === 'recall')).toEqual([]);
  });

  test('gets no more entries at a time than a message may carry, and what was written meanwhile behind them', () => {
    const state = forgetfulLeader({ maxEntriesPerMessage: 2 });
    const [noOp, last] = [state.log.position(4), state.log.position(5)];
    meet(state);
    expect(state.takeEffects()).toEqual([recall(1)]);
    appendAsLeader(state, bytes('x'));
    replicate(state);
    state.takeEffects();
    onRecalled(state, 1, record([1, 1, 1], 1));
    expect(state.takeEffects()).toMatchObject([
      { msg: { prevIndex: 0, entries: entries([1, 1]) } },
      recall(1),
      recall(noOp),
    ]);
    onRecalled(state, 1, record([1, 1, 1], 1));
    onRecalled(state, noOp, emptyEntry);
    expect(state.takeEffects()).toMatchObject([
      { msg: { prevIndex: 2, entries: [{ term: 1 }, { term: 2 }] } },
      recall(last),
    ]);
    onRecalled(state, last, record([2], 5));
    expect(state.takeEffects()).toMatchObject([
      { msg: { prevIndex: 4, prevTerm: 2, entries: entries([2], 5) } },
      { msg: { prevIndex: 5, prevTerm: 2, entries: [{ term: 2, payload: bytes('x') }] } },
    ]);
    expect(state.progress.get('n3')).toMatchObject({ state: 'replicate', nextIndex: 7 });
  });

  test('gets no more than a mebibyte at a time, but for an entry that is larger alone', () => {
    const large = new Uint8Array(700_000);
    const state = forgetfulLeader();
    for (let count = 0; count < 3; count += 1) appendAsLeader(state, count === 2 ? new Uint8Array(2_000_000) : large);
    for (const member of ['n1', 'n2']) acknowledge(state, member, 8);
    const positions = [6, 7, 8].map((index) => state.log.position(index));
    meet(state);
    const recalled = () => state.takeEffects().flatMap((effect) => (effect.kind === 'recall' ? [effect.position] : []));
    expect(recalled()).toEqual([1, state.log.position(4), state.log.position(5), positions[0]]);
    const progress = state.progress.get('n3') as Progress;
    for (const [place, index] of [7, 8].entries()) {
      Object.assign(progress, { nextIndex: index, recall: undefined });
      replicate(state);
      expect(recalled()).toEqual([positions[place + 1]]);
    }
  });

  // A record may begin with entries that stand and end with some that were replaced in a later term.
  test('never gets an entry of the record that was replaced since', () => {
    const state = fixture.followerOf('n2', { log: [1, 1, 1, 1], term: 1, commitIndex: 2, logCacheBytes: 0 });
    state.replay(record([2, 2], 3));
    expect([1, 2, 3, 4].map((index) => state.log.position(index))).toEqual([1, 1, 2, 2]);
    lead(state);
    meet(state, 4);
    expect(state.takeEffects()).toEqual([recall(1)]);
    onRecalled(state, 1, record([1, 1, 1, 1], 1));
    expect(state.takeEffects()).toMatchObject([
      { msg: { prevIndex: 0, entries: entries([1, 1]) } },
      { msg: { prevIndex: 2, prevTerm: 1, entries: entries([2, 2], 3) } },
    ]);
  });
});

/** Makes a follower the leader of the next term. */
function lead(state: RaftState): void {
  state.term += 1;
  state.role = 'leader';
  for (const member of state.config.members) {
    state.progress.set(member, { ...newProgress(state.log.lastIndex + 1), probing: true });
  }
  state.takeEffects();
}

describe('a record that was read', () => {
  test('is of no use to one that leads no more, or whom nobody asked', () => {
    const state = forgetfulLeader();
    onRecalled(state, 1, record([1, 1, 1], 1));
    meet(state);
    state.takeEffects();
    state.becomeFollower(3);
    state.takeEffects();
    onRecalled(state, 1, record([1, 1, 1], 1));
    expect(state.takeEffects()).toEqual([]);
  });

  test('is not sent to a follower that has gone on meanwhile, or has refused', () => {
    for (const reply of [
      accepted({ term: 2, prevIndex: 3, matchIndex: 5 }),
      refused({ term: 2, prevIndex: 3, hintIndex: 1 }),
    ]) {
      const state = forgetfulLeader({ maxEntriesPerMessage: 3 });
      meet(state);
      state.takeEffects();
      onAppendReply(state, 'n3', reply);
      state.takeEffects();
      onRecalled(state, 1, record([1, 1, 1], 1));
      expect(state.takeEffects()).toEqual([]);
      expect(state.progress.get('n3')).toMatchObject({ recall: undefined });
    }
  });

  test('reaches all that wait for it', () => {
    const state = forgetfulLeader({ members: 4, maxEntriesPerMessage: 3 });
    for (const peer of ['n3', 'n4']) {
      const progress = state.progress.get(peer);
      Object.assign(progress ?? {}, { state: 'replicate', probing: false, nextIndex: 1, matchIndex: 0 });
    }
    replicate(state);
    expect(state.takeEffects()).toEqual([recall(1), recall(1)]);
    onRecalled(state, 1, record([1, 1, 1], 1));
    const sent = state.takeEffects().flatMap((effect) => (effect.kind === 'send' ? [effect.to] : []));
    expect(sent).toEqual(['n3', 'n4']);
    onRecalled(state, 1, record([1, 1, 1], 1));
    expect(state.takeEffects()).toEqual([]);
  });

  // What a disk, or whoever wraps this replica, brings in its place must not become an entry under another index.
  test.each<[string, RaftRecord]>([
    ['begins later', record([1, 1, 1], 2)],
    ['is shorter', record([1, 1], 1)],
    ['is of another term', record([1, 2, 1], 1)],
    ['is of another size', { kind: 'entries', from: 1, entries: [1, 2, 3].map(() => fixture.entry(1, 'longer')) }],
    ['is a vote', { kind: 'vote', term: 1, votedFor: null }],
  ])('and %s than what was written stops the replica', (_, wrong) => {
    const state = forgetfulLeader({ maxEntriesPerMessage: 3 });
    meet(state);
    expect(() => onRecalled(state, 1, wrong)).toThrow(
      /record 1 was read again, and does not hold entry [123] as it was/,
    );
  });
});

describe('records are numbered', () => {
  test('on from those of earlier lives, votes included', () => {
    const state = fixture.followerWith({ log: [1] });
    expect(state.log.position(1)).toBe(1);
    state.setTermAndVote(5, 'n1');
    state.writeEntries(2, entries([5], 2));
    expect(state.log.position(2)).toBe(3);
  });
});
