/** How an acceptor waits for whoever leads. Paxos Made Live, section 5.2; and nobody is to overtake a leader for ever. */
import { describe, expect, test } from 'vitest';
import { acceptorOfTwo, acceptorWith, hold, one, three, two } from './acceptor-fixture.ts';
import { accept, ballot, cancel, ofKind, prepare, promise, run, sent } from './fixture.ts';
import type { Prepare } from './messages.ts';

describe('while it hears a leader', () => {
  test('nobody else is promised anything, nor refused', () => {
    const part = acceptorOfTwo();
    expect(part.prepare('n3', prepare(two))).toEqual([]);
    expect(part.acceptor.promised).toEqual(one);
    part.acceptor.onHoldTimeout();
    expect(sent(part.prepare('n3', prepare(two)))).toEqual([['n3', promise(two, 0, [run(one, 1, 'a', 'b')])]]);
  });

  test('that leader is, under its next ballot, and this replica itself', () => {
    expect(sent(acceptorOfTwo().prepare('n2', prepare(three)))).toHaveLength(1);
    expect(sent(acceptorOfTwo().prepare('n1', prepare(ballot(3, 'n1'))))).toHaveLength(1);
  });

  test('whoever it asks to take over is', () => {
    const msg: Prepare = { ...prepare(two), handover: one };
    expect(sent(acceptorOfTwo().prepare('n3', msg))).toHaveLength(1);
  });

  test('whoever was promised a ballot is given as much time', () => {
    const part = acceptorWith();
    part.prepare('n2', prepare(one));
    expect(part.prepare('n3', prepare(two))).toEqual([]);
  });

  test('whoever prepares in vain is not waited for twice, until a leader is heard', () => {
    const part = acceptorWith();
    const answers = [1, 2, 3].map((round) => {
      const answer = part.acceptor.onPrepare('n3', prepare(ballot(round, 'n3')));
      return [answer, ofKind('timer', part.out.takeEffects()).length];
    });
    expect(answers).toEqual([
      ['waits', 1],
      ['promised', 0],
      ['promised', 0],
    ]);
    part.acceptor.onHoldTimeout();
    expect(sent(part.prepare('n2', prepare(ballot(4, 'n2'))))).toHaveLength(1);
    part.accept('n2', accept(ballot(4, 'n2')));
    part.acceptor.onHoldTimeout();
    expect(part.acceptor.onPrepare('n3', prepare(ballot(5, 'n3')))).toBe('waits');
  });

  test('its end is reason enough not to wait, but where it may have left a lease', () => {
    const part = acceptorOfTwo();
    part.acceptor.onSuspected('n3');
    expect(part.out.takeEffects()).toEqual([]);
    part.acceptor.onSuspected('n2');
    expect(part.out.takeEffects()).toEqual([cancel('hold')]);
    expect(sent(part.prepare('n3', prepare(two)))).toHaveLength(1);

    const leased = acceptorOfTwo({ leaseReads: { maxClockDrift: 0.01 } });
    leased.acceptor.onSuspected('n2');
    expect(leased.prepare('n3', prepare(two))).toEqual([]);
  });

  test('after a start that may have been too soon for a lease, nobody but itself is promised anything', () => {
    const part = acceptorWith();
    part.acceptor.holdForAnybody();
    expect(part.out.takeEffects()).toEqual([hold]);
    expect(part.prepare('n2')).toEqual([]);
    expect(sent(part.prepare('n1', prepare(ballot(1, 'n1'))))).toHaveLength(1);
  });
});
