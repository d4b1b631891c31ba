/** Reads by the leader's clock. Dissertation, section 6.4.1. */
import { describe, expect, test } from 'vitest';
import { nothingDurable } from '../../contract/durable.ts';
import { onVote } from './election.ts';
import * as fixture from './fixture.ts';
import { acknowledge, bytes, read, reject, send, sendNow } from './fixture.ts';
import { onOrder, onTransferTimeout } from './membership.ts';
import { Raft } from './raft.ts';
import { beat, onLapsed, onRead } from './reads.ts';
import { appendAsLeader } from './replication.ts';
import { correctRules } from './rules.ts';
import type { RaftState } from './state.ts';

const leaseReads = { maxClockDrift: 0.01 };
const mark = (number: number) => ({ kind: 'mark', mark: number, eager: true }) as const;
/** Of the shortest election time-out, 150 ms, what is left where one clock is slow and another one fast by a hundredth. */
const leaseMs = (150 * 0.99) / 1.01;
const leased = (id: number, index: number, round: number) => ({
  ...read(id, index),
  within: { mark: round, ms: leaseMs },
});

/** The leader of term 2 whose whole log, up to 2, is committed; its first heartbeat since then has begun round 1. */
function leader(): RaftState {
  const state = fixture.settledLeaderWith({ log: [1], leaseReads });
  beat(state);
  return state;
}

describe('a leader with leases', () => {
  test('begins a round with each heartbeat, and remembers when', () => {
    const state = leader();
    const heartbeat = fixture.appendOf({ term: 2, prevIndex: 2, prevTerm: 2, commitIndex: 2, round: 1 });
    expect(state.takeEffects()).toEqual([
      mark(1),
      sendNow('n2', heartbeat),
      sendNow('n3', heartbeat),
      fixture.timer('heartbeat', 50),
    ]);
    expect(state).toMatchObject({ round: 1, leaseRound: 0, leaseEnded: false });
  });

  test('asks for a round of its own as long as none is confirmed', () => {
    const state = leader();
    state.takeEffects();
    onRead(state, 7);
    expect(state.takeEffects()[0]).toEqual(mark(2));
    expect(state.reads).toEqual([{ id: 7, index: 2, round: 2 }]);
  });

  test('answers within the time of the latest round that a majority has echoed', () => {
    const state = leader();
    acknowledge(state, 'n2', 2, 1);
    state.takeEffects();
    onRead(state, 7);
    expect(state.takeEffects()).toEqual([leased(7, 2, 1)]);
    expect(state).toMatchObject({ leaseRound: 1, reads: [] });
    beat(state);
    state.takeEffects();
    onRead(state, 8);
    expect(state.takeEffects()).toEqual([leased(8, 2, 1)]);
    acknowledge(state, 'n3', 2, 2);
    onRead(state, 9);
    expect(state.takeEffects()).toContainEqual(leased(9, 2, 2));
  });

  test('asks for a round where that time was over, and refuses where it leads no more', () => {
    const state = leader();
    acknowledge(state, 'n2', 2, 1);
    state.takeEffects();
    onLapsed(state, 7);
    expect(state.reads).toEqual([{ id: 7, index: 2, round: 2 }]);
    state.becomeFollower(3, 'n2');
    state.takeEffects();
    onLapsed(state, 8);
    expect(state.takeEffects()).toEqual([reject(8, 'n2')]);
  });

  // The lease is of the leader's term: its rounds begin anew in each, and so do the voters' promises.
  test('has none from an earlier term', () => {
    const state = leader();
    acknowledge(state, 'n2', 2, 1);
    state.becomeFollower(3, 'n2');
    fixture.elected(state);
    expect(state).toMatchObject({ role: 'leader', term: 4, round: 0, leaseRound: 0 });
    for (const id of ['n1', 'n2']) acknowledge(state, id, 3, 0);
    state.takeEffects();
    onRead(state, 7);
    expect(state.takeEffects()[0]).toEqual(mark(1));
    expect(state.reads).toEqual([{ id: 7, index: 3, round: 1 }]);
  });

  // Section 4.2.1: learners deny no votes that anybody would miss.
  test('has none by the echoes of those that only learn', () => {
    const state = leader();
    onOrder(state, 1, { kind: 'reconfigure', voters: ['n1', 'n2', 'n3'], learners: ['n4', 'n5', 'n6'] });
    for (const id of ['n4', 'n5', 'n6']) acknowledge(state, id, 3, 1);
    expect(state.leaseRound).toBe(0);
    acknowledge(state, 'n3', 3, 1);
    expect(state.leaseRound).toBe(1);
  });

  // Section 6.4, step 1.
  test('does not answer by it before it has committed in its term', () => {
    const state = fixture.leaderWith({ log: [1], leaseReads });
    beat(state);
    acknowledge(state, 'n2', 1, 1);
    state.takeEffects();
    onRead(state, 7);
    expect(state.takeEffects()).toEqual([]);
    expect(state.earlyReads).toEqual([7]);
  });

  // Section 6.4.1: a lease is to end before leadership is handed over. Whoever is told to stand wins votes in spite of
  // leases, and may be told late.
  test('has none any more in a term in which it has told another to stand', () => {
    const state = leader();
    acknowledge(state, 'n2', 2, 1);
    onOrder(state, 1, { kind: 'transfer', to: 'n2' });
    expect(state.takeEffects()).toContainEqual(send('n2', { type: 'timeout-now', term: 2 }));
    onTransferTimeout(state);
    state.takeEffects();
    onRead(state, 7);
    expect(state.takeEffects()[0]).toEqual(mark(2));
  });

  test('has one all the same while the other is only brought up to date', () => {
    const state = leader();
    acknowledge(state, 'n2', 2, 1);
    appendAsLeader(state, bytes('x'));
    onOrder(state, 1, { kind: 'transfer', to: 'n3' });
    state.takeEffects();
    onRead(state, 7);
    expect(state.takeEffects()).toEqual([leased(7, 2, 1)]);
  });
});

test('without the flag there are neither marks nor leases', () => {
  const state = fixture.settledLeaderWith({ log: [1] });
  beat(state);
  acknowledge(state, 'n2', 2, 0);
  onRead(state, 7);
  expect(state.takeEffects().filter(({ kind }) => kind === 'mark' || kind === 'read')).toEqual([]);
});

describe('a replica that starts', () => {
  const started = (setup: fixture.Setup) => {
    const raft = new Raft(fixture.configOf(setup), correctRules);
    raft.start(nothingDurable);
    return raft.step({
      kind: 'message',
      from: 'n2',
      msg: { type: 'vote', term: 1, lastIndex: 0, lastTerm: 0 },
    });
  };

  // It may have confirmed a lease just before it ended, and remembers nothing of that.
  test('denies votes for the shortest election time-out where there are leases', () => {
    expect(started({ leaseReads })).toEqual([]);
    expect(started({}).at(-1)).toEqual(send('n2', { type: 'vote-reply', term: 1, granted: true }));
  });

  test('votes after that', () => {
    const state = fixture.followerWith({ leaseReads });
    state.denyVotes();
    expect(state.takeEffects()).toEqual([fixture.timer('lease', 150)]);
    state.leaderHeard = false;
    onVote(state, 'n2', { type: 'vote', term: 1, lastIndex: 0, lastTerm: 0 });
    expect(state.takeEffects()).toContainEqual(send('n2', { type: 'vote-reply', term: 1, granted: true }));
  });
});

test.each([
  [0, 150],
  [0.01, leaseMs],
  [0.5, 50],
])('clocks that differ by %d leave %d ms of 150', (maxClockDrift, ms) => {
  expect(correctRules.leaseMs([150, 300], maxClockDrift)).toBeCloseTo(ms, 9);
});
