/** Leadership that is handed over. Dissertation, section 3.10. */
import { describe, expect, test } from 'vitest';
import { nothingDurable } from '../../contract/durable.ts';
import { initialConfiguration } from './configuration.ts';
import { checkQuorum, onTimeoutNow, onVote, retryVotes } from './election.ts';
import * as fixture from './fixture.ts';
import { acknowledge, bytes, cancel, persistVote, reject, send, stepDownTimers, timer } from './fixture.ts';
import { onOrder, onProgress, onSuspected, onTransferTimeout } from './membership.ts';
import { Raft } from './raft.ts';
import { appendAsLeader } from './replication.ts';
import { correctRules } from './rules.ts';
import type { RaftState } from './state.ts';

const transferTo = (to: string) => ({ kind: 'transfer', to }) as const;
const timeoutNow = (term: number) => ({ type: 'timeout-now', term }) as const;
const answers = (state: RaftState) => state.takeEffects().filter(({ kind }) => kind === 'ordered');

/** The leader of term 1. */
function leader(): Raft {
  const raft = new Raft(fixture.configOf(), correctRules);
  raft.start(nothingDurable);
  raft.step({ kind: 'timeout', timer: 'election' });
  raft.step({ kind: 'message', from: 'n2', msg: { type: 'pre-vote-reply', term: 1, granted: true } });
  for (const from of ['n1', 'n2']) {
    raft.step({ kind: 'message', from, msg: { type: 'vote-reply', term: 1, granted: true } });
  }
  expect(raft.view().role).toBe('leader');
  return raft;
}

describe('a leader that is to hand over', () => {
  // Section 3.10, step 3. Whoever is told to stand wins votes in spite of a lease (section 6.4.1).
  test('tells one whose log is as long as its own to stand at once', () => {
    const state = fixture.settledLeaderWith({ log: [1] });
    onOrder(state, 7, transferTo('n3'));
    expect(state.takeEffects()).toEqual([timer('transfer', 300), send('n3', timeoutNow(2))]);
    expect(state).toMatchObject({ role: 'leader', term: 2, transfer: { order: 7, to: 'n3' }, leaseEnded: true });
  });

  // Section 3.10, step 2.
  test('first brings it up to date', () => {
    const state = fixture.settledLeaderWith({ log: [1] });
    appendAsLeader(state, bytes('x'));
    state.takeEffects();
    onOrder(state, 7, transferTo('n3'));
    expect(state.takeEffects()).toEqual([timer('transfer', 300)]);
    acknowledge(state, 'n2', 3);
    onProgress(state, 'n2');
    expect(state.takeEffects()).toEqual([]);
    expect(state).toMatchObject({ transfer: { order: 7, to: 'n3' }, leaseEnded: false });
    acknowledge(state, 'n3', 3);
    onProgress(state, 'n3');
    expect(state.takeEffects()).toEqual([fixture.apply(3, 'x'), send('n3', timeoutNow(2))]);
    expect(state).toMatchObject({ role: 'leader', leaseEnded: true });
  });

  test('tells it again when it answers, as one that has not heard of it would', () => {
    const state = fixture.settledLeaderWith({ log: [1] });
    onOrder(state, 7, transferTo('n3'));
    state.takeEffects();
    acknowledge(state, 'n2', 2);
    onProgress(state, 'n2');
    expect(state.takeEffects()).toEqual([]);
    acknowledge(state, 'n3', 2);
    onProgress(state, 'n3');
    expect(state.takeEffects()).toEqual([send('n3', timeoutNow(2))]);
  });

  // Section 3.10, step 1.
  test('takes up nothing meanwhile, and goes on after that', () => {
    const raft = leader();
    const write = (id: number) => raft.step({ kind: 'request', id, access: 'write', payload: bytes('x') });
    raft.step({ kind: 'order', id: 1, order: transferTo('n2') });
    expect(write(4)).toEqual([reject(4, 'n1')]);
    expect(raft.view()).toMatchObject({ role: 'leader', lastIndex: 1 });
    raft.step({ kind: 'timeout', timer: 'transfer' });
    expect(write(5)).toContainEqual(fixture.persistEntries(2, [fixture.entry(1, 'x')]));
  });

  test('goes on at once where the other is suspected to have ended, and only then', () => {
    const state = fixture.settledLeaderWith({ log: [1] });
    onSuspected(state, 'n3');
    onOrder(state, 7, transferTo('n3'));
    state.takeEffects();
    onSuspected(state, 'n2');
    expect(state.takeEffects()).toEqual([]);
    onSuspected(state, 'n3');
    expect(state.takeEffects()).toEqual([
      { kind: 'ordered', id: 7, error: 'n3 was lost sight of.' },
      cancel('transfer'),
    ]);
    expect(state).toMatchObject({ role: 'leader', transfer: undefined });
  });

  // Section 4.2.1.
  test('does not to one that has no vote', () => {
    expect(leader().step({ kind: 'order', id: 1, order: transferTo('n9') })).toEqual([
      { kind: 'ordered', id: 1, error: 'n9 has no vote, and cannot lead.' },
    ]);
  });

  // Section 3.10: the target may have failed, so the leader resumes after about an election time-out.
  test('goes on where that does not come about within an election time-out', () => {
    const state = fixture.settledLeaderWith({ log: [1] });
    onOrder(state, 7, transferTo('n3'));
    state.takeEffects();
    onTransferTimeout(state);
    expect(answers(state)).toEqual([{ kind: 'ordered', id: 7, error: 'n3 did not take over in time.' }]);
    expect(state).toMatchObject({ role: 'leader', transfer: undefined });
  });

  // Section 6.2 (CheckQuorum).
  test('says so where it steps down first, because no majority answers', () => {
    const state = fixture.settledLeaderWith({ log: [1] });
    onOrder(state, 7, transferTo('n3'));
    checkQuorum(state);
    state.takeEffects();
    checkQuorum(state);
    expect(state.takeEffects()).toEqual([
      ...stepDownTimers.cancelled,
      { kind: 'ordered', id: 7, error: 'The leader stepped down, for no majority answered.' },
      cancel('transfer'),
      ...stepDownTimers.set,
    ]);
    expect(state).toMatchObject({ role: 'follower', term: 2, transfer: undefined });
  });

  test('takes no other order meanwhile', () => {
    const state = fixture.settledLeaderWith({ log: [1] });
    onOrder(state, 7, transferTo('n3'));
    state.takeEffects();
    onOrder(state, 8, transferTo('n2'));
    expect(state.takeEffects()).toEqual([{ kind: 'ordered', id: 8, error: 'Another order is being carried out.' }]);
    expect(state.transfer).toEqual({ order: 7, to: 'n3' });
  });

  // Section 3.10: complete when the target leads. Another may stand in the later term that makes this one step down.
  test.each([
    ['has done so when it hears from the other as leader', 'n3', undefined],
    ['says who leads where that is not the other', 'n2', 'n2 took over, and not n3.'],
  ] as const)('%s', (_what, successor, error) => {
    const state = fixture.settledLeaderWith({ log: [1] });
    onOrder(state, 7, transferTo('n3'));
    state.takeEffects();
    onVote(state, successor, { type: 'vote', term: 3, lastIndex: 2, lastTerm: 2, transfer: true });
    expect(state.takeEffects()).toEqual([
      persistVote(3, null),
      ...stepDownTimers.cancelled,
      ...stepDownTimers.set,
      persistVote(3, successor),
      timer('election', 150, 300),
      send(successor, { type: 'vote-reply', term: 3, granted: true }),
    ]);
    expect(state).toMatchObject({ role: 'follower', term: 3, votedFor: successor });
    state.hearLeader(successor);
    expect(state.takeEffects()).toEqual([
      error === undefined ? { kind: 'ordered', id: 7 } : { kind: 'ordered', id: 7, error },
      cancel('transfer'),
      timer('election', 150, 300),
      timer('lease', 150),
    ]);
    expect(state).toMatchObject({ leader: successor, transfer: undefined });
  });

  test('says so where nobody is heard to lead in time, or it is elected anew itself', () => {
    const deposed = () => {
      const state = fixture.settledLeaderWith({ log: [1] });
      onOrder(state, 7, transferTo('n3'));
      onVote(state, 'n3', { type: 'vote', term: 3, lastIndex: 2, lastTerm: 2, transfer: true });
      state.takeEffects();
      return state;
    };
    const waiting = deposed();
    onTransferTimeout(waiting);
    expect(answers(waiting)).toEqual([{ kind: 'ordered', id: 7, error: 'n3 did not take over in time.' }]);
    const again = deposed();
    fixture.elected(again);
    expect(again.role).toBe('leader');
    expect(answers(again)).toEqual([{ kind: 'ordered', id: 7, error: 'The leader was elected anew.' }]);
  });

  test('has nothing to do where it leads already', () => {
    const state = fixture.settledLeaderWith({ log: [1] });
    onOrder(state, 7, transferTo('n1'));
    expect(state.takeEffects()).toEqual([{ kind: 'ordered', id: 7 }]);
  });
});

describe('one that is to take over', () => {
  // Section 3.10, step 3: as if its election timer had run out. Section 4.2.3: it may disturb the leader, and says so.
  test('stands at once, without asking first whether it could win', () => {
    const state = fixture.followerOf('n2', { log: [1] });
    onTimeoutNow(state, timeoutNow(1));
    expect(state).toMatchObject({ role: 'candidate', term: 2, votedFor: 'n1', leader: undefined });
    const vote = { type: 'vote', term: 2, lastIndex: 1, lastTerm: 1, transfer: true } as const;
    expect(state.takeEffects()).toEqual([
      timer('retry', 50),
      persistVote(2, 'n1'),
      timer('election', 150, 300),
      send('n1', { type: 'vote-reply', term: 2, granted: true }),
      send('n2', vote),
      send('n3', vote),
    ]);
    retryVotes(state);
    expect(state.takeEffects()).toEqual([send('n2', vote), send('n3', vote), timer('retry', 50)]);
  });

  test.each([
    ['of another term', 2],
    ['that is long over', 0],
  ])('does not heed a leader %s', (_what, term) => {
    const state = fixture.followerOf('n2', { log: [1] });
    onTimeoutNow(state, timeoutNow(term));
    expect(state.takeEffects()).toEqual([]);
    expect(state).toMatchObject({ role: 'follower', term: 1, leader: 'n2', leaderHeard: true });
  });

  // Section 4.2.1.
  test('does not stand where it has no vote', () => {
    const state = fixture.followerOf('n2', { log: [1] });
    state.configurations.reset(1, initialConfiguration(['n2', 'n3']));
    state.commitIndex = 1;
    onTimeoutNow(state, timeoutNow(1));
    expect(state.takeEffects()).toEqual([]);
    expect(state).toMatchObject({ role: 'follower', term: 1, leader: 'n2' });
  });
});

describe('votes', () => {
  // Section 4.2.3: that a leader is alive is no reason to deny them where the leader itself asks for them.
  test('are not denied to whom the leader has sent', () => {
    const state = fixture.followerOf('n2', { log: [1] });
    onVote(state, 'n3', { type: 'vote', term: 2, lastIndex: 1, lastTerm: 1 });
    expect(state.takeEffects()).toEqual([]);
    onVote(state, 'n3', { type: 'vote', term: 2, lastIndex: 1, lastTerm: 1, transfer: true });
    expect(state.takeEffects()).toEqual([
      persistVote(2, null),
      persistVote(2, 'n3'),
      timer('election', 150, 300),
      send('n3', { type: 'vote-reply', term: 2, granted: true }),
    ]);
    expect(state).toMatchObject({ role: 'follower', term: 2, votedFor: 'n3', leader: undefined });
  });

  // Section 3.6.1.
  test('are denied all the same to a log that is behind', () => {
    const state = fixture.followerOf('n2', { log: [1, 1] });
    onVote(state, 'n3', { type: 'vote', term: 2, lastIndex: 1, lastTerm: 1, transfer: true });
    expect(state.takeEffects()).toEqual([
      persistVote(2, null),
      send('n3', { type: 'vote-reply', term: 2, granted: false }),
    ]);
    expect(state).toMatchObject({ term: 2, votedFor: null });
  });
});
