import { describe, expect, test } from 'vitest';
import {
  accept,
  ballot,
  cancel,
  candidateWith,
  configOf,
  leaderWith,
  ofKind,
  own,
  persist,
  prepare,
  promise,
  Replica,
  refuse,
  run,
  sendNow,
  sent,
  sentTo,
  timer,
  upTo,
  values,
} from './fixture.ts';
import type { MultiPaxosMessage } from './messages.ts';
import { MultiPaxos } from './multi-paxos.ts';
import { correctRules } from './rules.ts';

const learned = (from: number, ...texts: readonly string[]): MultiPaxosMessage => ({
  type: 'learned',
  from,
  values: values(...texts),
  chosenTo: from + texts.length - 1,
});

describe('a candidate', () => {
  // Paxos Made Simple, section 2.5: its number is on stable storage before it is used, so that none is used twice.
  test('promises its ballot itself, durably, before it asks others', () => {
    const replica = new Replica();
    const effects = replica.timeout('election');
    expect(effects.filter(({ kind }) => kind === 'persist' || kind === 'send')).toEqual([
      persist({ kind: 'promise', ballot: own, chosenTo: 0 }),
      { kind: 'send', to: 'n2', msg: prepare(own) },
      { kind: 'send', to: 'n3', msg: prepare(own) },
    ]);
    expect(effects).toContainEqual(timer('election', 150, 300));
    expect(replica.view()).toMatchObject({ role: 'candidate', epoch: 1001 });
  });

  test('asks nobody while its disk is slow, however long that takes', () => {
    const protocol = new MultiPaxos(configOf(), correctRules);
    protocol.start({ records: [], firstPosition: 1 });
    const toItself = { kind: 'message', from: 'n1', msg: prepare(own) } as const;
    expect(sent(protocol.step({ kind: 'timeout', timer: 'election' }))).toEqual([['n1', prepare(own)]]);
    expect(sent(protocol.step(toItself))).toEqual([['n1', promise(own)]]);
    expect(sent(protocol.step({ kind: 'timeout', timer: 'retry' }))).toEqual([]);
    const flushed = protocol.step({ kind: 'message', from: 'n1', msg: promise(own) });
    expect(sent(flushed).map(([to]) => to)).toEqual(['n2', 'n3']);
  });

  test('stands under a ballot after all that it heard of', () => {
    const replica = new Replica();
    replica.hear('n2', prepare(ballot(7, 'n2')));
    expect(ofKind('persist', replica.timeout('election'))).toEqual([
      persist({ kind: 'promise', ballot: ballot(8, 'n1'), chosenTo: 0 }),
    ]);
    const restarted = new Replica({
      durable: { records: [{ kind: 'promise', ballot: ballot(4, 'n1'), chosenTo: 0 }], firstPosition: 1 },
    });
    expect(sentTo('n2', restarted.timeout('election'))).toEqual([prepare(ballot(5, 'n1'))]);
  });

  test('asks those again that have not promised, and stands anew when its time is over', () => {
    const replica = candidateWith({ members: ['n1', 'n2', 'n3', 'n4', 'n5'] });
    replica.hear('n2', promise(own));
    const again = replica.timeout('retry');
    expect(sent(again).map(([to]) => to)).toEqual(['n3', 'n4', 'n5']);
    expect(again).toContainEqual(timer('retry', 50));
    expect(sentTo('n3', replica.timeout('election'))).toEqual([prepare(ballot(2, 'n1'))]);
  });

  test('counts no promise of another ballot, and none twice', () => {
    const replica = candidateWith({ members: ['n1', 'n2', 'n3', 'n4', 'n5'] });
    replica.timeout('election');
    replica.hear('n2', promise(own));
    replica.hear('n3', promise(own));
    for (let times = 0; times < 3; times += 1) replica.hear('n2', promise(ballot(2, 'n1')));
    expect(replica.view().role).toBe('candidate');
    replica.hear('n3', promise(ballot(2, 'n1')));
    expect(replica.view().role).toBe('leader');
  });

  test('leaves it to whoever leads under a later ballot, or was promised one', () => {
    const replica = candidateWith();
    replica.hear('n2', accept(ballot(2, 'n2')));
    expect(replica.view()).toMatchObject({ role: 'follower', leader: 'n2', epoch: 2002 });
    replica.hear('n3', promise(own));
    expect(replica.view().role).toBe('follower');
    // Its own promise holds others back, but not for ever.
    const other = candidateWith();
    other.timeout('hold');
    expect(other.hear('n3', prepare(ballot(2, 'n3')))).toContainEqual(timer('election', 150, 300));
    expect(other.view().role).toBe('follower');
  });

  test('waits for its own timer only: nobody stands that has no vote', () => {
    const replica = new Replica({ id: 'n4' });
    const effects = replica.timeout('election');
    expect(effects).toContainEqual(timer('election', 150, 300));
    expect(replica.view().role).toBe('follower');
    // Those who decide may not know it: who is no voter tells them how far it knows.
    expect(sentTo('n2', effects)).toEqual([{ type: 'learned', from: 1, values: [], chosenTo: 0 }]);
  });
});

describe('a quorum of promises', () => {
  // Section 2.2, P2c, for each slot alone.
  test('says what must be proposed: of each slot the value of the highest ballot; gaps are filled with no-ops', () => {
    const replica = candidateWith({ members: ['n1', 'n2', 'n3', 'n4', 'n5'] });
    const [early, late] = [ballot(0, 'n2'), ballot(0, 'n3')];
    replica.hear('n2', promise(own, 0, [run(late, 1, 'late'), run(early, 2, 'early'), run(early, 5, 'e5')]));
    const effects = replica.hear('n3', promise(own, 0, [run(early, 1, 'early'), run(late, 2, 'late')]));
    const found = accept(own, { values: values('late', 'late', '', '', 'e5') });
    expect(sentTo('n4', effects)[0]).toEqual(found);
    expect(effects).toContainEqual(sendNow('n2', found));
    expect(replica.view()).toMatchObject({ role: 'leader', leader: 'n1', lastIndex: 5, commitIndex: 0 });
    expect(sentTo('n4', replica.write(1, 'new'))).toEqual([accept(own, { from: 6, values: values('new') })]);
  });

  test('of a later promise what was not proposed yet counts as well', () => {
    const replica = candidateWith();
    replica.hear('n2', promise(own, 0, [run(ballot(0, 'n2'), 1, 'a')]));
    const effects = replica.hear('n3', promise(own, 0, [run(ballot(0, 'n3'), 1, 'b', 'c')]));
    expect(sentTo('n2', effects)).toEqual([accept(own, { from: 2, values: values('c') })]);
  });

  // A promise says nothing of what is known to be chosen there.
  test('does not lead before what one of them knows to be chosen is learned', () => {
    const replica = candidateWith();
    const ask = replica.hear('n2', promise(own, 2, [run(ballot(0, 'n2'), 3, 'c')]));
    expect(sent(ask)).toEqual([['n2', { type: 'learn', from: 1 }]]);
    expect(replica.view().role).toBe('candidate');
    const effects = replica.hear('n2', learned(1, 'a', 'b'));
    expect(replica.view()).toMatchObject({ role: 'leader', commitIndex: 2 });
    expect(sentTo('n2', effects)[0]).toEqual(accept(own, { base: 3, values: values('c'), chosenTo: 2 }));
  });

  test('ends the timers of a candidate, and sets those of a leader', () => {
    const effects = candidateWith().hear('n2', promise(own));
    const timers = effects.filter(({ kind }) => kind === 'timer' || kind === 'cancel');
    expect(timers).toEqual([cancel('election'), cancel('retry'), timer('quorum', 150), timer('heartbeat', 50)]);
  });

  // Flexible Paxos, section 3: a quorum of phase 1 need meet those of phase 2 only.
  test('may be more or fewer than a majority', () => {
    const members = ['n1', 'n2', 'n3', 'n4', 'n5'];
    const many = candidateWith({ members, quorums: { phase1: 4, phase2: 2 } });
    for (const [id, role] of [
      ['n2', 'candidate'],
      ['n3', 'candidate'],
      ['n4', 'leader'],
    ] as const) {
      many.hear(id, promise(own));
      expect(many.view().role).toBe(role);
    }
    const few = candidateWith({ members, quorums: { phase1: 2, phase2: 4 } });
    few.hear('n2', promise(own));
    expect(few.view().role).toBe('leader');
  });
});

describe('a leader', () => {
  test('prepares anew where one that stood alone refuses, so that it takes part again', () => {
    const replica = leaderWith();
    replica.read(1);
    const effects = replica.hear('n3', refuse(own, ballot(4, 'n3')));
    expect(ofKind('reject', effects)).toEqual([{ kind: 'reject', id: 1 }]);
    expect(sentTo('n3', effects)).toEqual([prepare(ballot(5, 'n1'))]);
    expect(replica.view().role).toBe('candidate');
  });

  test('steps down where the refusal speaks of somebody else', () => {
    const replica = leaderWith();
    const effects = replica.hear('n3', refuse(own, ballot(4, 'n2')));
    expect(effects).toEqual([cancel('heartbeat'), cancel('quorum'), cancel('retry'), timer('election', 150, 300)]);
    expect(replica.view()).toMatchObject({ role: 'follower', epoch: 4002 });
  });

  test('cares for no refusal of an earlier ballot', () => {
    const replica = leaderWith();
    expect(replica.hear('n3', refuse(ballot(0, 'n1'), ballot(1, 'n0')))).toEqual([]);
    expect(replica.view().role).toBe('leader');
  });

  test('steps down when no quorum has answered for an election time-out', () => {
    const replica = leaderWith();
    expect(replica.timeout('quorum')).toEqual([timer('quorum', 150)]);
    replica.hear('n2', upTo(0));
    expect(replica.timeout('quorum')).toEqual([timer('quorum', 150)]);
    replica.timeout('quorum');
    expect(replica.view().role).toBe('follower');
    expect(replica.write(1, 'x')).toEqual([{ kind: 'reject', id: 1 }]);
  });

  test('that has most likely ended is waited for no longer than chance wants it, but where it may have left a lease', () => {
    const follower = new Replica();
    follower.hear('n2', accept(ballot(1, 'n2')));
    expect(follower.step({ kind: 'suspected', node: 'n3' })).toEqual([]);
    expect(follower.step({ kind: 'suspected', node: 'n2' })).toEqual([cancel('hold'), timer('election', 0, 150)]);
    const leased = new Replica({ leaseReads: { maxClockDrift: 0 } });
    leased.hear('n2', accept(ballot(1, 'n2')));
    expect(leased.step({ kind: 'suspected', node: 'n2' })).toEqual([]);
  });
});
