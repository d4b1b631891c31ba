import { describe, expect, test } from 'vitest';
import { checkQuorum, onVote } from './election.ts';
import * as fixture from './fixture.ts';
import {
  accepted,
  acknowledge,
  appendOf,
  bytes,
  hearReply,
  persistVote,
  read,
  reject,
  sendNow,
  stepDownTimers,
} from './fixture.ts';
import { onRead } from './reads.ts';
import { appendAsLeader, onAppend } from './replication.ts';
import { correctRules } from './rules.ts';
import type { RaftState } from './state.ts';

const heartbeatTimer = fixture.timer('heartbeat', 50);

/** A follower echoes a round without storing anything new. */
const echo = (state: RaftState, from: string, round: number) => acknowledge(state, from, 1, round);

const answers = (state: RaftState) => state.takeEffects().filter(({ kind }) => kind === 'read' || kind === 'reject');

describe('ReadIndex', () => {
  // Dissertation, section 6.4, steps 2 and 3: the commit index is noted, then leadership is confirmed by a round of
  // heartbeats that began after the read had come.
  test('begins a new round, and answers once a majority has echoed it', () => {
    const state = fixture.settledLeaderWith();
    onRead(state, 7);
    const heartbeat = appendOf({ term: 1, prevIndex: 1, prevTerm: 1, commitIndex: 1, round: 1 });
    expect(state.takeEffects()).toEqual([sendNow('n2', heartbeat), sendNow('n3', heartbeat), heartbeatTimer]);
    echo(state, 'n2', 1);
    expect(state.takeEffects()).toEqual([read(7, 1)]);
    echo(state, 'n3', 1);
    expect(state.takeEffects()).toEqual([]);
    expect(state.reads).toEqual([]);
  });

  // Planted bug R3 (etcd-io/etcd issue 20418): an echo confirms the rounds up to its own, and no later one.
  test('an echo of an earlier round confirms nothing', () => {
    const state = fixture.settledLeaderWith();
    onRead(state, 1);
    onRead(state, 2);
    state.takeEffects();
    echo(state, 'n2', 0);
    expect(answers(state)).toEqual([]);
    echo(state, 'n2', 1);
    expect(answers(state)).toEqual([read(1, 1)]);
    echo(state, 'n3', 1);
    expect(answers(state)).toEqual([]);
    echo(state, 'n3', 2);
    expect(answers(state)).toEqual([read(2, 1)]);
  });

  // Section 6.4: a single round will do for any number of reads that have come before it.
  test('an echo of a later round confirms the earlier ones, in their order', () => {
    const state = fixture.settledLeaderWith();
    for (const id of [1, 2, 3]) onRead(state, id);
    state.takeEffects();
    echo(state, 'n3', 3);
    expect(answers(state)).toEqual([read(1, 1), read(2, 1), read(3, 1)]);
  });

  test('one peer of four is no majority, however often it answers', () => {
    const state = fixture.settledLeaderWith({ members: 5 });
    onRead(state, 1);
    state.takeEffects();
    echo(state, 'n2', 1);
    echo(state, 'n2', 1);
    expect(answers(state)).toEqual([]);
    echo(state, 'n4', 1);
    expect(answers(state)).toEqual([read(1, 1)]);
  });

  // A follower whose log does not meet the leader's yet still says that it follows in this term.
  test('a refused append of the same term is an echo as well', () => {
    const state = fixture.settledLeaderWith();
    onRead(state, 1);
    state.takeEffects();
    hearReply(state, 'n2', fixture.refused({ term: 1, prevIndex: 1, hintIndex: 1, round: 1 }));
    expect(answers(state)).toEqual([read(1, 1)]);
  });

  // R3 over a change of terms: rounds begin anew, so an echo from before says nothing.
  test('an echo of an earlier term confirms nothing', () => {
    const state = fixture.settledLeaderWith({ term: 4 });
    onRead(state, 1);
    state.takeEffects();
    hearReply(state, 'n2', accepted({ term: 4, matchIndex: 1, round: 50 }));
    expect(answers(state)).toEqual([]);
  });

  // R3, the whole story: n1 leads term 1 up to round 100, loses it, and leads term 3. A heartbeat of term 1 reaches n2
  // only now; its refusal carries term 3, which is the leader's own.
  test('a heartbeat that was late by a whole leadership confirms nothing', () => {
    const follower = fixture.followerWith({ log: [1], term: 3, votedFor: 'n1' });
    onAppend(follower, 'n1', appendOf({ term: 1, prevIndex: 1, prevTerm: 1, round: 100 }));
    const [late] = follower.takeEffects();
    const leader = fixture.settledLeaderWith({ log: [1], term: 2 });
    if (late?.kind !== 'send' || late.msg.type !== 'append-reply') throw new Error('it was not answered');
    hearReply(leader, 'n2', late.msg);
    leader.takeEffects();
    onRead(leader, 1);
    expect(answers(leader)).toEqual([]);
    expect(leader).toMatchObject({ role: 'leader', term: 3 });
  });

  // Section 6.4, step 1: the index is the one at the time of the read; what is committed later need not be waited for.
  test('the index is that of the time when the read came', () => {
    const state = fixture.settledLeaderWith();
    onRead(state, 1);
    appendAsLeader(state, bytes('x'));
    for (const node of ['n1', 'n2']) acknowledge(state, node, 2, 0);
    expect(state.commitIndex).toBe(2);
    state.takeEffects();
    acknowledge(state, 'n2', 2, 1);
    expect(answers(state)).toEqual([read(1, 1)]);
  });

  // Section 4.3: where the configuration is joint it takes a majority of each; here four of all six are not both.
  test('in a joint configuration takes the echoes of both majorities', () => {
    const state = fixture.jointLeader();
    for (const node of ['n1', 'n2', 'n4', 'n5']) acknowledge(state, node, 3);
    expect(state.commitIndex).toBe(3);
    state.takeEffects();
    onRead(state, 7);
    for (const node of ['n4', 'n5', 'n6']) acknowledge(state, node, 3, 1);
    expect(answers(state)).toEqual([]);
    expect(state.reads).toEqual([{ id: 7, index: 3, round: 1 }]);
    acknowledge(state, 'n3', 3, 1);
    expect(answers(state)).toEqual([read(7, 3)]);
  });

  test('a replica that is alone confirms itself', () => {
    const state = fixture.settledLeaderWith({ members: 1 });
    onRead(state, 1);
    expect(state.takeEffects()).toEqual([heartbeatTimer, read(1, 1)]);
  });
});

describe('before the first commit of a term', () => {
  // Section 6.4, step 1 (planted bug R2, etcd-io/etcd issue 7331): a new leader does not yet know what is committed.
  test('reads wait for it, and their round begins only then', () => {
    const state = fixture.leaderWith({ log: [1, 1] });
    onRead(state, 1);
    onRead(state, 2);
    expect(state.takeEffects()).toEqual([]);
    acknowledge(state, 'n1', 3, 0);
    expect(answers(state)).toEqual([]);
    acknowledge(state, 'n2', 3, 0);
    const heartbeat = appendOf({ term: 2, prevIndex: 3, prevTerm: 2, commitIndex: 3, round: 1 });
    expect(state.takeEffects()).toEqual([
      fixture.apply(1, 'e1'),
      fixture.apply(2, 'e2'),
      fixture.apply(3, ''),
      sendNow('n2', heartbeat),
      sendNow('n3', { ...heartbeat, prevIndex: 2, prevTerm: 1 }),
      heartbeatTimer,
    ]);
    acknowledge(state, 'n2', 3, 1);
    expect(answers(state)).toEqual([read(1, 3), read(2, 3)]);
  });
});

describe('reads that are refused', () => {
  // Section 6.4: a follower has no index to give. The client is told who leads.
  test('by a follower, with the leader where it is known', () => {
    const lost = fixture.followerWith();
    onRead(lost, 1);
    expect(lost.takeEffects()).toEqual([reject(1)]);
    const led = fixture.followerOf('n3');
    onRead(led, 2);
    expect(led.takeEffects()).toEqual([reject(2, 'n3')]);
  });

  // Section 6.4: a leader that was deposed must not answer what it could not confirm.
  test('by a leader that steps down for lack of a quorum: those that wait for the term as well', () => {
    const state = fixture.settledLeaderWith();
    onRead(state, 1);
    checkQuorum(state);
    state.takeEffects();
    checkQuorum(state);
    expect(state.takeEffects()).toEqual([...stepDownTimers.cancelled, reject(1), ...stepDownTimers.set]);
    const early = fixture.leaderWith({ log: [1] });
    onRead(early, 2);
    onRead(early, 3);
    checkQuorum(early);
    early.takeEffects();
    checkQuorum(early);
    expect(answers(early)).toEqual([reject(2), reject(3)]);
    expect(early).toMatchObject({ reads: [], earlyReads: [] });
  });

  test('by a leader that hears its successor, which it names', () => {
    const state = fixture.settledLeaderWith();
    onRead(state, 1);
    state.takeEffects();
    onAppend(state, 'n3', appendOf({ term: 2, prevIndex: 1, prevTerm: 1 }));
    expect(state.takeEffects()).toEqual([
      persistVote(2, null),
      ...stepDownTimers.cancelled,
      reject(1, 'n3'),
      ...stepDownTimers.set,
      ...fixture.leaderHeardTimers,
      fixture.send('n3', accepted({ term: 2, prevIndex: 1, matchIndex: 1 })),
    ]);
    echo(state, 'n2', 1);
    expect(state.takeEffects()).toEqual([]);
  });
});

describe('the planted bug "stale-read"', () => {
  test('answers at once, though another replica may lead by now', () => {
    const state = fixture.settledLeaderWith({ rules: { ...correctRules, confirmsReads: false } });
    onRead(state, 1);
    expect(state.takeEffects()).toEqual([read(1, 1)]);
    onVote(state, 'n2', { type: 'vote', term: 9, lastIndex: 9, lastTerm: 8 });
    expect(state.role).toBe('leader');
  });
});
