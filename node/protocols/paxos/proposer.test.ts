import { describe, expect, test } from 'vitest';
import { noBallot } from './ballot.ts';
import { window } from './groups.ts';
import type { PaxosMessage, Prepare } from './messages.ts';
import {
  ballot,
  bytes,
  effectsOf,
  type Roles,
  rolesOf,
  type Setup,
  sendNow,
  sentOf,
  timer,
  value,
} from './replica-fixture.ts';
import { noOp } from './value.ts';
import type { Wish } from './wishes.ts';

const wish = (text: string, request?: number): Wish =>
  request === undefined ? { value: value(text), withdrawn: false } : { value: value(text), request, withdrawn: false };

const sent = (roles: Roles, work: () => void) => sentOf(effectsOf(roles, work));

/** Wants something, and begins where there is room. */
function want(roles: Roles, ...texts: string[]): readonly Prepare[] {
  const messages = sent(roles, () => {
    for (const text of texts) roles.proposer.wishes.add(wish(text));
    roles.proposer.pump();
  });
  return messages.flatMap(([to, msg]) => (to === 'n1' && msg.type === 'prepare' ? [msg] : []));
}

const promise = (roles: Roles, from: string, { slot, ballot: under }: Prepare, accepted?: [number, string, string]) =>
  sent(roles, () => {
    const msg = { type: 'promise', slot, ballot: under } as const;
    if (accepted === undefined) roles.proposer.onPromise(from, msg);
    else {
      const [round, node, text] = accepted;
      roles.proposer.onPromise(from, { ...msg, accepted: { ballot: ballot(round, node), value: value(text) } });
    }
  });

const accepted = (roles: Roles, from: string, { slot, ballot: under }: Prepare) =>
  roles.proposer.onAccepted(from, { type: 'accepted', slot, ballot: under });

/** Comes as far as phase 2 with what it wants in slot 1. */
function proposing(text: string, setup: Setup = {}): { roles: Roles; prepare: Prepare } {
  const roles = rolesOf(setup);
  const [prepare] = want(roles, text);
  promise(roles, 'n1', prepare as Prepare);
  promise(roles, 'n2', prepare as Prepare);
  return { roles, prepare: prepare as Prepare };
}

/** As many slots are begun at a time as there is room for, once so many were chosen without a duel. */
function warm(roles: Roles, count: number): void {
  for (let at = 0; at < count; at += 1) {
    const [prepare] = want(roles, 'warm');
    for (const id of ['n1', 'n2']) promise(roles, id, prepare as Prepare);
    for (const id of ['n1', 'n2']) accepted(roles, id, prepare as Prepare);
    roles.decisions.note((prepare as Prepare).slot, (prepare as Prepare).ballot, value('warm'));
    roles.proposer.onDecided((prepare as Prepare).slot, value('warm'));
    roles.decisions.drain();
  }
}

describe('phase 1', () => {
  // Section 2.5: a proposer must not issue two proposals with the same number, also not after it has failed.
  test('asks its own acceptor first, and the others once its own promise is durable', () => {
    const roles = rolesOf();
    expect(effectsOf(roles, () => want(roles, 'x'))).toEqual([]);
    const { proposer } = roles;
    expect(proposer.ballot).toEqual(ballot(1, 'n1'));
    const prepare = { type: 'prepare', slot: 1, ballot: ballot(1, 'n1') } as const;
    expect(promise(roles, 'n1', prepare)).toEqual([
      ['n2', prepare],
      ['n3', prepare],
    ]);
  });

  test('takes a ballot after all that it has heard of, in any slot', () => {
    const roles = rolesOf();
    roles.proposer.hear(ballot(7, 'n3'));
    expect(want(roles, 'x')).toEqual([{ type: 'prepare', slot: 1, ballot: ballot(8, 'n1') }]);
  });

  test('and after what its own acceptor promised in the slot in an earlier life', () => {
    const roles = rolesOf();
    roles.acceptor.replay({ kind: 'promise', slot: 1, ballot: ballot(9, 'n1'), chosenTo: 0 }, 1);
    roles.proposer.finish(1);
    expect(want(roles, 'x')[0]).toEqual({ type: 'prepare', slot: 1, ballot: ballot(10, 'n1') });
  });

  test('begins where nobody has begun', () => {
    const roles = rolesOf();
    roles.acceptor.onPrepare('n2', { type: 'prepare', slot: 1, ballot: ballot(1, 'n2') });
    roles.decisions.note(2, ballot(2, 'n3'));
    expect(want(roles, 'x').map(({ slot }) => slot)).toEqual([3]);
  });

  test('a promise of an older ballot, or the same one twice, counts for nothing', () => {
    const roles = rolesOf({ members: 5 });
    const [prepare] = want(roles, 'x') as [Prepare];
    promise(roles, 'n1', prepare);
    promise(roles, 'n2', prepare);
    expect(promise(roles, 'n2', prepare)).toEqual([]);
    expect(promise(roles, 'n3', { ...prepare, ballot: noBallot })).toEqual([]);
    expect(promise(roles, 'n3', prepare).map(([, { type }]) => type)).toEqual(Array(5).fill('accept'));
  });
});

describe('phase 2', () => {
  test('proposes what it wants, where a quorum has accepted nothing; all at once, itself among them', () => {
    const roles = rolesOf();
    const [prepare] = want(roles, 'x') as [Prepare];
    promise(roles, 'n1', prepare);
    const accept: PaxosMessage = { ...prepare, type: 'accept', value: value('x') };
    expect(effectsOf(roles, () => roles.proposer.onPromise('n3', { ...prepare, type: 'promise' }))).toEqual(
      ['n1', 'n2', 'n3'].map((to) => sendNow(to, accept)),
    );
  });

  // Section 2.2, P2c.
  test('proposes the value of the highest ballot that was found accepted, and keeps what it wants for another slot', () => {
    const roles = rolesOf({ members: 5 });
    const [prepare] = want(roles, 'x') as [Prepare];
    promise(roles, 'n1', prepare, [1, 'n3', 'old']);
    promise(roles, 'n4', prepare, [3, 'n2', 'new']);
    expect(promise(roles, 'n2', prepare, [2, 'n2', 'older'])[0]).toEqual([
      'n1',
      { ...prepare, type: 'accept', value: value('new') },
    ]);
    roles.proposer.onDecided(1, value('new'));
    roles.proposer.pump();
    expect(roles.chosen).toEqual([]);
    expect(roles.granted).toEqual([]);
    expect(roles.proposer.wishes.bytes).toBeGreaterThan(0);
  });

  // Section 3: a gap is filled with "a special no-op command".
  test('proposes a no-op where nobody wants anything', () => {
    const roles = rolesOf();
    const [prepare] = sent(roles, () => {
      roles.proposer.fill(1);
      roles.proposer.pump();
    }).map(([, msg]) => msg as Prepare) as [Prepare];
    promise(roles, 'n1', prepare);
    expect(promise(roles, 'n2', prepare)[0]).toEqual(['n1', { ...prepare, type: 'accept', value: noOp }]);
  });

  test('is over when a quorum has accepted', () => {
    const { roles, prepare } = proposing('x');
    accepted(roles, 'n2', prepare);
    accepted(roles, 'n2', prepare);
    expect(roles.chosen).toEqual([]);
    accepted(roles, 'n3', prepare);
    expect(roles.chosen).toEqual([{ slot: 1, ballot: prepare.ballot, value: value('x') }]);
  });

  test('counts acceptances that come after another ballot has come between', () => {
    const { roles, prepare } = proposing('x');
    accepted(roles, 'n1', prepare);
    roles.proposer.onPromisedTo(1, ballot(5, 'n3'));
    accepted(roles, 'n2', prepare);
    expect(roles.chosen).toHaveLength(1);
  });
});

describe('several slots', () => {
  test('one at first, one more after each that was chosen, and eight at most', () => {
    const roles = rolesOf();
    const texts = Array.from({ length: 20 }, (_, at) => `x${at}`);
    expect(want(roles, ...texts)).toHaveLength(1);
    const warmed = rolesOf();
    warm(warmed, 3);
    expect(want(warmed, ...texts).map(({ slot }) => slot)).toEqual([4, 5, 6, 7]);
    const hot = rolesOf();
    warm(hot, 20);
    expect(want(hot, ...texts)).toHaveLength(8);
  });

  test('half as many after a ballot was refused', () => {
    const roles = rolesOf();
    warm(roles, 20);
    const [first] = want(roles, 'x') as [Prepare];
    roles.proposer.onRefuse({ ...first, type: 'refuse', promised: ballot(99, 'n2') });
    expect(want(roles, 'a', 'b', 'c', 'd', 'e', 'f')).toHaveLength(4);
  });

  test('first come, first served: who comes to phase 2 first has what waited longest', () => {
    const roles = rolesOf();
    warm(roles, 2);
    const [first, second] = want(roles, 'a', 'b') as [Prepare, Prepare];
    for (const prepare of [second, first]) promise(roles, 'n1', prepare);
    expect(promise(roles, 'n2', second)[0]?.[1]).toMatchObject({ slot: second.slot, value: value('a') });
    expect(promise(roles, 'n2', first)[0]?.[1]).toMatchObject({ slot: first.slot, value: value('b') });
  });

  test('nothing is begun a window behind what is known to be chosen: nobody knows who decides there', () => {
    const roles = rolesOf();
    warm(roles, 10);
    for (let slot = 11; slot < 10 + window; slot += 1) roles.decisions.note(slot, ballot(99, 'n2'));
    expect(want(roles, 'x').map(({ slot }) => slot)).toEqual([10 + window]);
    expect(want(roles, 'y')).toEqual([]);
  });
});

describe('what became of what it wants', () => {
  test('is granted where it was chosen', () => {
    const { roles } = proposing('x');
    roles.proposer.onDecided(1, value('x'));
    expect(roles.granted).toMatchObject([{ wish: { value: value('x') }, slot: 1 }]);
    expect(roles.proposer.wishes.bytes).toBe(0);
  });

  test('goes to another slot only when another value is known to be chosen', () => {
    const { roles, prepare } = proposing('x');
    roles.proposer.onRefuse({ ...prepare, type: 'refuse', promised: ballot(9, 'n2') });
    roles.proposer.onToldOf(1);
    expect(sent(roles, () => roles.proposer.pump())).toEqual([]);
    roles.proposer.onDecided(1, value('another'));
    roles.decisions.note(1, ballot(9, 'n2'), value('another'));
    expect(sent(roles, () => roles.proposer.pump()).map(([, msg]) => msg)).toMatchObject([
      { type: 'prepare', slot: 2 },
    ]);
  });

  test('nobody can tell where a snapshot has overtaken it: it is not proposed again, nor refused', () => {
    const { roles } = proposing('x');
    roles.proposer.onDecided(1, undefined);
    expect(roles.granted).toMatchObject([{ slot: undefined }]);
    expect(sent(roles, () => roles.proposer.pump())).toEqual([]);
  });

  test('what was withdrawn is not proposed, nor proposed again', () => {
    const roles = rolesOf();
    const unwanted = wish('x');
    roles.proposer.wishes.add(unwanted);
    roles.proposer.wishes.withdraw(unwanted);
    expect(sent(roles, () => roles.proposer.pump())).toEqual([]);
    expect(roles.proposer.wishes.bytes).toBe(0);
  });

  test('is turned away where there is no room; a single batch always has some', () => {
    const { proposer } = rolesOf({ maxUncommittedBytes: 100 });
    expect(proposer.hasRoom(bytes('x'.repeat(500)))).toBe(true);
    proposer.wishes.add(wish('x'.repeat(30)));
    expect(proposer.hasRoom(bytes('6'))).toBe(true);
    expect(proposer.hasRoom(bytes('1234567'))).toBe(false);
  });

  test('the more ballots were lost lately, the fewer may wait', () => {
    const roles = rolesOf();
    const waiting = (count: number) => {
      for (let at = 0; at < count; at += 1) roles.proposer.wishes.add(wish('x'));
      return roles.proposer.hasRoom(bytes('x'));
    };
    expect(waiting(3)).toBe(true);
    expect(waiting(1)).toBe(false);
    const hot = rolesOf();
    warm(hot, 20);
    for (let at = 0; at < 255; at += 1) hot.proposer.wishes.add(wish('x'));
    expect(hot.proposer.hasRoom(bytes('x'))).toBe(true);
  });
});

describe('duels', () => {
  test('who is overtaken before it has proposed anything leaves the slot, and takes what it wants to the next', () => {
    const roles = rolesOf();
    const [prepare] = want(roles, 'x') as [Prepare];
    roles.acceptor.onPrepare('n1', prepare);
    expect(
      effectsOf(roles, () => roles.proposer.onRefuse({ ...prepare, type: 'refuse', promised: ballot(4, 'n2') })),
    ).toEqual([]);
    expect(want(roles)).toEqual([{ type: 'prepare', slot: 2, ballot: ballot(5, 'n1') }]);
  });

  test('but not where it has proposed what it wants under an earlier ballot, which may be chosen', () => {
    const { roles, prepare } = proposing('x');
    roles.proposer.onToldOf(1);
    roles.proposer.finish(1);
    roles.proposer.onPromisedTo(1, ballot(9, 'n2'));
    roles.decisions.note(1, ballot(9, 'n2'), value('y'));
    roles.proposer.onDecided(prepare.slot, value('y'));
    expect(roles.proposer.wishes.waitingCount).toBe(1);
  });

  test('but not where it has to finish the slot', () => {
    const roles = rolesOf();
    roles.proposer.finish(1);
    const [prepare] = want(roles) as [Prepare];
    expect(
      effectsOf(roles, () => roles.proposer.onRefuse({ ...prepare, type: 'refuse', promised: ballot(4, 'n2') })),
    ).toEqual([timer('retry', 50, 100)]);
  });

  test('a refused ballot is followed by a higher one after a back-off, and the range doubles with each', () => {
    const { roles, prepare } = proposing('x');
    const refused = (promised: number) => {
      const last = { ...prepare, ballot: roles.proposer.ballot };
      return effectsOf(roles, () =>
        roles.proposer.onRefuse({ ...last, type: 'refuse', promised: ballot(promised, 'n2') }),
      );
    };
    expect(refused(4)).toEqual([timer('retry', 50, 100)]);
    expect(sent(roles, () => roles.proposer.onRetry())).toEqual([['n1', { ...prepare, ballot: ballot(5, 'n1') }]]);
    expect(refused(7)).toEqual([timer('retry', 50, 200)]);
    roles.proposer.onRetry();
    expect(refused(9)).toEqual([timer('retry', 50, 400)]);
    for (let round = 10; round < 40; round += 2) {
      roles.proposer.onRetry();
      // Four election time-outs at most.
      expect(refused(round)).toMatchObject([{ afterMs: [50, expect.any(Number)] }]);
    }
    roles.proposer.onRetry();
    expect(refused(50)).toEqual([timer('retry', 50, 1200)]);
  });

  test('several refusals of one ballot are one', () => {
    const { roles, prepare } = proposing('x');
    const refuse = { ...prepare, type: 'refuse', promised: ballot(4, 'n2') } as const;
    roles.proposer.onRefuse(refuse);
    expect(effectsOf(roles, () => roles.proposer.onRefuse(refuse))).toEqual([]);
  });

  test('who sees the prepare of another in its slot holds its own back', () => {
    const { roles } = proposing('x');
    expect(effectsOf(roles, () => roles.proposer.onPromisedTo(1, ballot(5, 'n3')))).toEqual([timer('retry', 50, 100)]);
    // And again, where it was just about to try.
    expect(effectsOf(roles, () => roles.proposer.onPromisedTo(1, ballot(6, 'n3')))).toEqual([timer('retry', 50, 100)]);
  });

  test('another slot begins without the losses of this one', () => {
    const { roles, prepare } = proposing('x');
    roles.proposer.onRefuse({ ...prepare, type: 'refuse', promised: ballot(4, 'n2') });
    roles.proposer.onRetry();
    roles.proposer.onPromisedTo(1, ballot(8, 'n2'));
    roles.decisions.note(1, ballot(8, 'n2'), value('y'));
    roles.proposer.onDecided(1, value('y'));
    const [next] = want(roles) as [Prepare];
    for (const id of ['n1', 'n2']) promise(roles, id, next);
    expect(effectsOf(roles, () => roles.proposer.onPromisedTo(next.slot, ballot(90, 'n2')))).toEqual([
      timer('retry', 50, 100),
    ]);
  });
});

describe('observers', () => {
  test('hear once of each ballot that was overtaken, in which slot and by which', () => {
    const { roles, prepare } = proposing('x', { trace: true });
    const refuse = { ...prepare, type: 'refuse', promised: ballot(4, 'n2') } as const;
    const notes = () =>
      effectsOf(roles, () => roles.proposer.onRefuse(refuse)).flatMap((each) =>
        each.kind === 'note' ? [each.fact] : [],
      );
    expect(notes()).toEqual([{ type: 'overtaken', index: 1, epoch: 1001, by: 4002 }]);
    expect(notes()).toEqual([]);
  });
});

describe('loss', () => {
  test('what was not answered from one heartbeat to the next goes again, to those who have not answered', () => {
    const roles = rolesOf();
    const [prepare] = want(roles, 'x') as [Prepare];
    promise(roles, 'n1', prepare);
    expect(sent(roles, () => roles.proposer.onBeat())).toEqual([]);
    expect(sent(roles, () => roles.proposer.onBeat())).toEqual([
      ['n2', prepare],
      ['n3', prepare],
    ]);
    promise(roles, 'n2', prepare);
    accepted(roles, 'n1', prepare);
    roles.proposer.onBeat();
    const accept = { ...prepare, type: 'accept', value: value('x') };
    expect(sent(roles, () => roles.proposer.onBeat())).toEqual([
      ['n2', accept],
      ['n3', accept],
    ]);
  });

  test('whoever is told that a slot was chosen long ago proposes nothing more there until it is asked to finish it', () => {
    const { roles, prepare } = proposing('x');
    roles.proposer.onKnown(3);
    roles.proposer.onBeat();
    expect(sent(roles, () => roles.proposer.onBeat())).toEqual([]);
    expect(sent(roles, () => roles.proposer.finish(1))).toEqual([['n1', { ...prepare, ballot: ballot(2, 'n1') }]]);
  });
});

describe('finishing what others began', () => {
  test('it prepares in every open slot up to there, whoever began, but for those of which the value is known', () => {
    const roles = rolesOf();
    warm(roles, 5);
    roles.acceptor.onPrepare('n2', { type: 'prepare', slot: 6, ballot: ballot(9, 'n2') });
    roles.decisions.note(7, ballot(9, 'n3'), value('known'));
    roles.decisions.note(8, ballot(9, 'n3'));
    roles.proposer.finish(9);
    expect(want(roles).map(({ slot }) => slot)).toEqual([6, 8, 9]);
  });

  test('and leaves it to another whose prepare it sees in the first of them', () => {
    const roles = rolesOf();
    roles.proposer.finish(3);
    roles.proposer.onPromisedTo(1, ballot(4, 'n2'));
    expect(want(roles)).toEqual([]);
  });
});

describe('quorums', () => {
  test('of the sizes that the rules name', () => {
    const roles = rolesOf({ members: 4, rules: { quorumSizes: () => ({ phase1: 3, phase2: 2 }) } });
    const [prepare] = want(roles, 'x') as [Prepare];
    promise(roles, 'n1', prepare);
    expect(promise(roles, 'n2', prepare)).toEqual([]);
    expect(promise(roles, 'n3', prepare)).toHaveLength(4);
    accepted(roles, 'n3', prepare);
    expect(roles.chosen).toEqual([]);
    accepted(roles, 'n4', prepare);
    expect(roles.chosen).toHaveLength(1);
  });
});
