/** Followers that need what the leader no longer has in memory. */
import { describe, expect, test } from 'vitest';
import * as fixture from './fixture.ts';
import { accepted, acknowledge, appendOf, bytes, entries, refused, sendNow } from './fixture.ts';
import type { RaftRecord } from './messages.ts';
import { appendAsLeader, broadcastAppend, onAppendReply, onRecalled, replicate } from './replication.ts';
import type { RaftState } from './state.ts';

const recall = (position: number) => ({ kind: 'recall', position }) as const;

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

/** n3 says that its log is empty. */
function refuse(state: RaftState, prevIndex = 3): void {
  onAppendReply(state, 'n3', refused({ term: state.term, prevIndex, hintIndex: 1 }));
}

describe('a follower that lacks an entry which is no longer in memory', () => {
  test('waits until the record that holds it was read, and gets what else that record holds', () => {
    const state = forgetfulLeader();
    refuse(state);
    expect(state.takeEffects()).toEqual([recall(1)]);
    expect(state.progress.get('n3')).toMatchObject({ state: 'probe', nextIndex: 1, recalling: 1 });
    onRecalled(state, 1, record([1, 1, 1], 1));
    const append = appendOf({ term: 2, entries: entries([1, 1, 1]), commitIndex: 5 });
    expect(state.takeEffects()).toEqual([sendNow('n3', append)]);
    expect(state.progress.get('n3')).toMatchObject({ state: 'probe', probing: true, nextIndex: 1, recalling: 0 });
  });

  test('hears heartbeats meanwhile, and the record is read once', () => {
    const state = forgetfulLeader();
    refuse(state);
    state.takeEffects();
    broadcastAppend(state);
    replicate(state);
    const heartbeat = appendOf({ term: 2, commitIndex: 5 });
    const recalls = state.takeEffects();
    expect(recalls).toContainEqual(sendNow('n3', heartbeat));
    expect(recalls).not.toContainEqual(recall(1));
  });

  test('once the logs have met, gets record after record, each as soon as it was read', () => {
    const state = forgetfulLeader();
    const [noOp, last] = [state.log.position(4), state.log.position(5)];
    refuse(state);
    onRecalled(state, 1, record([1, 1, 1], 1));
    state.takeEffects();
    onAppendReply(state, 'n3', accepted({ term: 2, matchIndex: 3 }));
    expect(state.takeEffects()).toEqual([recall(noOp)]);
    // What is written meanwhile comes behind it, out of memory.
    appendAsLeader(state, bytes('x'));
    replicate(state);
    state.takeEffects();
    onRecalled(state, noOp, { kind: 'entries', from: 4, entries: [{ term: 2, payload: bytes('') }] });
    expect(state.takeEffects()).toMatchObject([{ msg: { prevIndex: 3, entries: [{ term: 2 }] } }, recall(last)]);
    onRecalled(state, last, record([2], 5));
    expect(state.takeEffects()).toMatchObject([
      { msg: { prevIndex: 4, prevTerm: 2, entries: entries([2], 5) } },
      { msg: { prevIndex: 5, prevTerm: 2, entries: [{ term: 2, payload: bytes('x') }] } },
    ]);
    expect(state.progress.get('n3')).toMatchObject({ state: 'replicate', nextIndex: 7 });
  });

  test('gets no more entries at a time than a message may carry', () => {
    const state = forgetfulLeader({ maxEntriesPerMessage: 2 });
    refuse(state);
    state.takeEffects();
    onRecalled(state, 1, record([1, 1, 1], 1));
    expect(state.takeEffects()).toMatchObject([{ msg: { prevIndex: 0, entries: entries([1, 1]) } }]);
    onAppendReply(state, 'n3', accepted({ term: 2, matchIndex: 2 }));
    expect(state.takeEffects()).toEqual([recall(1)]);
    onRecalled(state, 1, record([1, 1, 1], 1));
    expect(state.takeEffects()[0]).toMatchObject({ msg: { prevIndex: 2, entries: entries([1], 3) } });
  });

  // A record may begin with entries that stand and end with some that were replaced in a later term.
  test('never gets an entry of the record that was replaced since', () => {
    const state = fixture.followerOf('n2', { log: [1, 1, 1, 1], term: 1, commitIndex: 2, logCacheBytes: 0 });
    state.replay(record([2, 2], 3));
    expect([1, 2, 3, 4].map((index) => state.log.position(index))).toEqual([1, 1, 2, 2]);
    lead(state);
    refuse(state, 4);
    expect(state.takeEffects()).toEqual([recall(1)]);
    onRecalled(state, 1, record([1, 1, 1, 1], 1));
    expect(state.takeEffects()).toMatchObject([{ msg: { prevIndex: 0, entries: entries([1, 1]) } }]);
  });
});

/** Makes a follower the leader of the next term. */
function lead(state: RaftState): void {
  state.term += 1;
  state.role = 'leader';
  for (const member of state.config.members) {
    state.progress.set(member, {
      ...{ state: 'probe', probing: true, nextIndex: state.log.lastIndex + 1, matchIndex: 0 },
      ...{ round: 0, active: true, recalling: 0 },
    });
  }
  state.takeEffects();
}

describe('a record that was read', () => {
  test('is of no use to one that leads no more, or whom nobody asked', () => {
    const state = forgetfulLeader();
    onRecalled(state, 1, record([1, 1, 1], 1));
    refuse(state);
    state.takeEffects();
    state.becomeFollower(3);
    state.takeEffects();
    onRecalled(state, 1, record([1, 1, 1], 1));
    expect(state.takeEffects()).toEqual([]);
  });

  test('is not sent to a follower that has gone on meanwhile', () => {
    const state = forgetfulLeader();
    refuse(state);
    state.takeEffects();
    onAppendReply(state, 'n3', accepted({ term: 2, prevIndex: 3, matchIndex: 5 }));
    onRecalled(state, 1, record([1, 1, 1], 1));
    expect(state.takeEffects()).toEqual([]);
    expect(state.progress.get('n3')).toMatchObject({ nextIndex: 6, recalling: 0 });
  });

  test('reaches all that wait for it', () => {
    const state = forgetfulLeader({ members: 4 });
    for (const peer of ['n3', 'n4']) {
      const progress = state.progress.get(peer);
      Object.assign(progress ?? {}, { state: 'probe', probing: false, nextIndex: 1, matchIndex: 0 });
    }
    replicate(state);
    expect(state.takeEffects()).toEqual([recall(1), recall(1)]);
    onRecalled(state, 1, record([1, 1, 1], 1));
    expect(state.takeEffects()).toMatchObject([{ to: 'n3' }, { to: 'n4' }]);
    onRecalled(state, 1, record([1, 1, 1], 1));
    expect(state.takeEffects()).toEqual([]);
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
