import { describe, expect, test } from 'vitest';
import {
  accept,
  ballot,
  leaderWith,
  ofKind,
  own,
  prepare,
  promise,
  Replica,
  refuse,
  reject,
  sendNow,
  sent,
  sentTo,
  timer,
  upTo,
} from './fixture.ts';

const transfer = { kind: 'transfer', to: 'n2' } as const;
const handOver = { type: 'hand-over', ballot: own } as const;

describe('a leader that is to hand over', () => {
  test('tells the other to prepare when that has accepted all, and takes up nothing meanwhile', () => {
    const leader = leaderWith();
    leader.write(1, 'x');
    expect(leader.order(9, transfer)).toEqual([timer('transfer', 300)]);
    expect(leader.write(2, 'y')).toEqual([reject(2, 'n1')]);
    expect(sent(leader.hear('n3', upTo(1)))).toEqual([]);
    expect(sentTo('n2', leader.hear('n2', upTo(1)))).toEqual([handOver]);
  });

  test('has done so when it hears the other lead', () => {
    const leader = leaderWith();
    leader.order(9, transfer);
    const effects = leader.hear('n2', accept(ballot(2, 'n2')));
    expect(ofKind('ordered', effects)).toEqual([{ kind: 'ordered', id: 9 }]);
    expect(leader.view()).toMatchObject({ role: 'follower', leader: 'n2' });
  });

  test('steps down as soon as it promises the other its ballot', () => {
    const leader = leaderWith();
    leader.order(9, transfer);
    const effects = leader.hear('n2', { ...prepare(ballot(2, 'n2')), handover: own });
    expect(sentTo('n2', effects)).toMatchObject([{ type: 'promise' }]);
    expect(ofKind('ordered', effects)).toEqual([]);
    expect(leader.view().role).toBe('follower');
  });

  const errors = (replica: Replica, work: (replica: Replica) => ReturnType<Replica['step']>) =>
    ofKind('ordered', work(replica)).map(({ error }) => error);

  test('goes on when the other does not take over in time, or is lost sight of', () => {
    for (const [work, error] of [
      [(leader: Replica) => leader.timeout('transfer'), 'n2 did not take over in time.'],
      [(leader: Replica) => leader.step({ kind: 'suspected', node: 'n2' }), 'n2 was lost sight of.'],
    ] as const) {
      const leader = leaderWith();
      leader.order(9, transfer);
      expect(errors(leader, work)).toEqual([error]);
      expect(leader.write(1, 'x')).toContainEqual(sendNow('n2', expect.objectContaining({ type: 'accept' })));
    }
  });

  test('says so where somebody else took over, or it was elected anew', () => {
    const leader = leaderWith();
    leader.order(9, transfer);
    expect(errors(leader, () => leader.hear('n3', accept(ballot(2, 'n3'))))).toEqual(['n3 took over, and not n2.']);
    const anew = leaderWith();
    anew.order(9, transfer);
    anew.hear('n3', refuse(own, ballot(4, 'n3')));
    const effects = anew.hear('n2', promise(ballot(5, 'n1')));
    expect(ofKind('ordered', effects)).toEqual([{ kind: 'ordered', id: 9, error: 'The leader was elected anew.' }]);
  });

  test('has nothing to do where it leads itself, and cannot where the other has no vote', () => {
    const leader = leaderWith();
    expect(leader.order(8, { kind: 'transfer', to: 'n1' })).toEqual([{ kind: 'ordered', id: 8 }]);
    expect(leader.order(9, { kind: 'transfer', to: 'n4' })).toEqual([
      { kind: 'ordered', id: 9, error: 'n4 has no vote, and cannot lead.' },
    ]);
  });
});

describe('a replica that is told to prepare', () => {
  test('does so at once, and says that the leader wanted it', () => {
    const follower = new Replica();
    follower.hear('n2', accept(ballot(1, 'n2')));
    const effects = follower.hear('n2', { type: 'hand-over', ballot: ballot(1, 'n2') });
    expect(sentTo('n3', effects)).toMatchObject([
      { type: 'prepare', ballot: ballot(2, 'n1'), handover: ballot(1, 'n2') },
    ]);
    expect(sentTo('n3', follower.timeout('retry'))).toMatchObject([{ handover: ballot(1, 'n2') }]);
    // What it stands for later by itself nobody has asked for.
    expect(sentTo('n3', follower.timeout('election'))).toEqual([prepare(ballot(3, 'n1'))]);
  });

  test('does not where it has promised a later ballot since, or has no vote', () => {
    const follower = new Replica();
    follower.hear('n3', accept(ballot(2, 'n3')));
    expect(follower.hear('n2', { type: 'hand-over', ballot: ballot(1, 'n2') })).toEqual([]);
    const learner = new Replica({ id: 'n4' });
    learner.hear('n2', accept(ballot(1, 'n2')));
    expect(learner.hear('n2', { type: 'hand-over', ballot: ballot(1, 'n2') })).toEqual([]);
  });
});
