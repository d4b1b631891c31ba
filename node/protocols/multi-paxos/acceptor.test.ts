import { describe, expect, test } from 'vitest';
import { noBallot } from '../paxos/ballot.ts';
import { acceptorOfTwo, acceptorWith, hold, one, three, two } from './acceptor-fixture.ts';
import {
  accept,
  accepted,
  ballot,
  ofKind,
  persist,
  prepare,
  promise,
  refuse,
  run,
  send,
  sent,
  value,
  values,
} from './fixture.ts';

describe('a promise', () => {
  // Paxos Made Simple, section 2.5: what was promised is on stable storage before it is answered.
  test('is written down before it is answered', () => {
    const { acceptor, prepare: hear } = acceptorWith();
    const record = persist({ kind: 'promise', ballot: one, chosenTo: 0 });
    expect(hear('n2')).toEqual([record, hold, send('n2', promise(one))]);
    expect(acceptor.promised).toEqual(one);
  });

  test('of an equal ballot is given again, and not written again', () => {
    const part = acceptorWith();
    part.prepare('n2');
    expect(part.prepare('n2')).toEqual([send('n2', promise(one))]);
  });

  // Section 2.2, P1a.
  test('is refused to a lower ballot, with the one that stands against it', () => {
    const part = acceptorWith();
    part.prepare('n3', prepare(two));
    expect(part.prepare('n2', prepare(one))).toEqual([send('n2', refuse(one, two))]);
    expect(part.accept('n2', accept(one, { values: values('a') }))).toEqual([send('n2', refuse(one, two))]);
    expect(part.acceptor.acceptedAt(1)).toBeUndefined();
  });

  // Section 3: one promise for all slots, with all that was accepted in them and may be chosen.
  test('tells what was accepted, in runs of one ballot without a gap', () => {
    const part = acceptorWith();
    part.accept('n2', accept(one, { values: values('a', 'b') }));
    part.accept('n2', accept(one, { base: 5, values: values('e', 'f') }));
    part.accept('n3', accept(two, { base: 6, values: values('g', 'h') }));
    part.acceptor.onHoldTimeout();
    const runs = [run(one, 1, 'a', 'b'), run(one, 5, 'e'), run(two, 6, 'g', 'h')];
    expect(sent(part.prepare('n2', prepare(three)))).toEqual([['n2', promise(three, 0, runs)]]);
  });

  test('says nothing of the slots before those that are asked for, nor of those known to be chosen', () => {
    const part = acceptorOfTwo();
    part.acceptor.onHoldTimeout();
    expect(sent(part.prepare('n2', prepare(two, 2)))).toEqual([['n2', promise(two, 0, [run(one, 2, 'b')])]]);
    part.acceptor.forget(1);
    expect(sent(part.prepare('n2', prepare(two, 1)))).toEqual([['n2', promise(two, 1, [run(one, 2, 'b')])]]);
    part.acceptor.forget(2);
    expect(sent(part.prepare('n2', prepare(two, 1)))).toEqual([['n2', promise(two, 2)]]);
  });
});

describe('accepting', () => {
  test('is written down before it is acknowledged, and a later ballot before that', () => {
    const part = acceptorWith();
    const msg = accept(one, { values: values('a', 'b'), round: 7 });
    expect(part.accept('n2', msg)).toEqual([
      persist({ kind: 'promise', ballot: one, chosenTo: 0 }),
      hold,
      persist({ kind: 'accept', ballot: one, from: 1, values: values('a', 'b'), chosenTo: 0 }),
      send('n2', accepted(one, { to: 2, round: 7 })),
    ]);
    expect(part.acceptor.acceptedAt(2)).toEqual({ ballot: one, value: value('b'), position: 2 });
    expect(part.acceptor).toMatchObject({ lastSlot: 2, heldBytes: 2 });
  });

  test('happens once, however often the same is sent', () => {
    const part = acceptorOfTwo();
    const again = part.accept('n2', accept(one, { values: values('a', 'b') }));
    expect(again).toEqual([hold, send('n2', accepted(one, { to: 2 }))]);
    const more = part.accept('n2', accept(one, { from: 2, base: 1, values: values('b', 'c') }));
    expect(ofKind('persist', more)).toEqual([
      persist({ kind: 'accept', ballot: one, from: 3, values: values('c'), chosenTo: 0 }),
    ]);
    expect(sent(more)).toEqual([['n2', accepted(one, { to: 3 })]]);
  });

  test('a value of a later ballot takes the place of an earlier one', () => {
    const part = acceptorOfTwo();
    part.accept('n3', accept(two, { values: values('other') }));
    expect(part.acceptor.acceptedAt(1)).toMatchObject({ ballot: two, value: value('other') });
    expect(part.acceptor.acceptedAt(2)).toMatchObject({ ballot: one, value: value('b') });
    expect(part.acceptor.heldBytes).toBe(6);
  });

  // An answer covers every slot up to its end.
  test('what begins behind a gap is not taken, and the answer says where the gap is', () => {
    const part = acceptorOfTwo();
    expect(part.accept('n2', accept(one, { from: 4, values: values('d') }))).toEqual([
      hold,
      send('n2', accepted(one, { to: 2, gap: true })),
    ]);
    expect(part.acceptor.acceptedAt(4)).toBeUndefined();
  });

  // After a restart nothing is known of what the leader had sent before; a heartbeat says how far that went.
  test('a heartbeat that begins behind a gap is answered so, too', () => {
    const { accept: hear } = acceptorWith();
    const [answer] = sent(hear('n2', accept(one, { base: 1, from: 3 })));
    expect(answer).toEqual(['n2', accepted(one, { to: 0, gap: true })]);
  });

  test('what is known to be chosen is acknowledged, and not written', () => {
    const part = acceptorWith();
    part.acceptor.forget(2);
    const effects = part.accept('n2', accept(one, { values: values('a', 'b', 'c') }));
    expect(ofKind('persist', effects)).toContainEqual(
      persist({ kind: 'accept', ballot: one, from: 3, values: values('c'), chosenTo: 2 }),
    );
    expect(sent(effects)).toEqual([['n2', accepted(one, { to: 3, chosenTo: 2 })]]);
    expect([1, 2, 3].map((slot) => part.acceptor.acceptedAt(slot)?.value)).toEqual([undefined, undefined, value('c')]);
  });
});

describe('a leader that begins anew', () => {
  test('at a later base is followed from there', () => {
    const part = acceptorOfTwo();
    const effects = part.accept('n2', accept(one, { base: 6, values: values('f') }));
    expect(sent(effects)).toEqual([['n2', accepted(one, { base: 6, to: 6 })]]);
  });

  test('gets no answer to what it sent before', () => {
    const part = acceptorOfTwo();
    part.accept('n2', accept(one, { base: 6 }));
    expect(part.accept('n2', accept(one, { from: 3, values: values('c') }))).toEqual([hold]);
    expect(part.acceptor.acceptedAt(3)).toBeUndefined();
  });

  test('under a later ballot may begin before that, and nothing of the earlier one counts', () => {
    const part = acceptorOfTwo();
    const effects = part.accept('n3', accept(two, { from: 2, values: values('c') }));
    expect(sent(effects)).toEqual([['n3', accepted(two, { to: 0, gap: true })]]);
  });
});

describe('records', () => {
  test('of earlier lives say what was promised and accepted, the last of a slot what counts', () => {
    const { acceptor } = acceptorWith();
    acceptor.replay({ kind: 'accept', ballot: one, from: 1, values: values('a', 'b'), chosenTo: 0 }, 1);
    acceptor.replay({ kind: 'promise', ballot: three, chosenTo: 0 }, 2);
    expect(acceptor.promised).toEqual(three);
    acceptor.replay({ kind: 'accept', ballot: ballot(4, 'n3'), from: 2, values: values('c'), chosenTo: 0 }, 3);
    expect(acceptor.promised).toEqual(ballot(4, 'n3'));
    expect(acceptor.acceptedAt(1)).toMatchObject({ value: value('a'), position: 1 });
    expect(acceptor.acceptedAt(2)).toMatchObject({ value: value('c'), position: 3 });
    expect(acceptor.firstPosition).toBe(1);
    acceptor.forget(1);
    expect(acceptor.firstPosition).toBe(3);
  });

  test('that go take no promise with them', () => {
    const { acceptor, out, prepare: hear } = acceptorWith();
    hear('n2');
    acceptor.surviveRemovalBefore(1);
    expect(out.takeEffects()).toEqual([]);
    acceptor.surviveRemovalBefore(2);
    expect(out.takeEffects()).toEqual([persist({ kind: 'promise', ballot: one, chosenTo: 0 })]);
    acceptor.surviveRemovalBefore(2);
    expect(out.takeEffects()).toEqual([]);
  });

  test('are needed by what was accepted as long as it is not known to be chosen', () => {
    const { acceptor } = acceptorOfTwo();
    expect(acceptor).toMatchObject({ firstPosition: 2, lastSlot: 2, heldBytes: 2 });
    // Far behind what it holds, and back: what is known never shrinks.
    acceptor.forget(900);
    acceptor.forget(1);
    expect(acceptor).toMatchObject({ firstPosition: Number.POSITIVE_INFINITY, lastSlot: 0, heldBytes: 0 });
    expect(acceptorWith().acceptor.promised).toEqual(noBallot);
  });
});
