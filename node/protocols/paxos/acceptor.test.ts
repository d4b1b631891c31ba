import { describe, expect, test } from 'vitest';
import { fnv1a } from '../../hash.ts';
import { window } from './groups.ts';
import { ballot, bytes, effectsOf, persist, type Roles, rolesOf, send, sendNow, value } from './replica-fixture.ts';

const prepare = (roles: Roles, from: string, slot: number, round: number) =>
  effectsOf(roles, () => roles.acceptor.onPrepare(from, { type: 'prepare', slot, ballot: ballot(round, from) }));
const accept = (roles: Roles, from: string, slot: number, round: number, text: string) =>
  effectsOf(roles, () =>
    roles.acceptor.onAccept(from, { type: 'accept', slot, ballot: ballot(round, from), value: value(text) }),
  );

describe('phase 1', () => {
  // Paxos Made Simple, section 2.5: "before sending its response"; the message waits behind the record.
  test('a promise is written down, then given', () => {
    expect(prepare(rolesOf(), 'n2', 4, 7)).toEqual([
      persist({ kind: 'promise', slot: 4, ballot: ballot(7, 'n2'), chosenTo: 0 }),
      send('n2', { type: 'promise', slot: 4, ballot: ballot(7, 'n2') }),
    ]);
  });

  // Section 2.2, P1a and phase 1b.
  test('a lower ballot than was promised in the slot is refused, with the one that stands against it', () => {
    const roles = rolesOf();
    prepare(roles, 'n3', 4, 7);
    expect(prepare(roles, 'n2', 4, 7)).toEqual([
      send('n2', { type: 'refuse', slot: 4, ballot: ballot(7, 'n2'), promised: ballot(7, 'n3') }),
    ]);
  });

  test('each slot is an instance of its own', () => {
    const roles = rolesOf();
    prepare(roles, 'n3', 4, 7);
    expect(prepare(roles, 'n2', 5, 1)).toContainEqual(
      send('n2', { type: 'promise', slot: 5, ballot: ballot(1, 'n2') }),
    );
  });

  test('the same prepare again is promised again, and written down once', () => {
    const roles = rolesOf();
    prepare(roles, 'n2', 4, 7);
    expect(prepare(roles, 'n2', 4, 7)).toEqual([send('n2', { type: 'promise', slot: 4, ballot: ballot(7, 'n2') })]);
  });

  test('tells whether it was promised for the first time: that is when others hold their own back', () => {
    const { acceptor } = rolesOf();
    const msg = { type: 'prepare', slot: 4, ballot: ballot(7, 'n2') } as const;
    expect(acceptor.onPrepare('n2', msg)).toBe(true);
    expect(acceptor.onPrepare('n2', msg)).toBe(false);
  });

  // Section 2.2, phase 1b; planted bug M5 (Michael et al., arXiv 1906.10917): under the ballot of the accept, not of a later promise.
  test('reports what it has accepted, under the ballot under which that was accepted', () => {
    const roles = rolesOf();
    accept(roles, 'n2', 4, 1, 'x');
    prepare(roles, 'n3', 4, 2);
    expect(prepare(roles, 'n2', 4, 3).at(-1)).toEqual(
      send('n2', {
        type: 'promise',
        slot: 4,
        ballot: ballot(3, 'n2'),
        accepted: { ballot: ballot(1, 'n2'), value: value('x') },
      }),
    );
  });
});

describe('phase 2', () => {
  test('a value is written down, then acknowledged; observers hear under which ballot', () => {
    const roles = rolesOf({ trace: true });
    prepare(roles, 'n2', 4, 7);
    expect(accept(roles, 'n2', 4, 7, 'x')).toEqual([
      persist({ kind: 'accept', slot: 4, ballot: ballot(7, 'n2'), value: value('x'), chosenTo: 0 }),
      {
        kind: 'note',
        fact: { type: 'append', index: 4, epoch: 7002, prevEpoch: 0, hash: fnv1a(bytes('x')) },
      },
      send('n2', { type: 'accepted', slot: 4, ballot: ballot(7, 'n2') }),
    ]);
  });

  test('of a lower ballot than was promised is refused', () => {
    const roles = rolesOf();
    prepare(roles, 'n3', 4, 7);
    expect(accept(roles, 'n2', 4, 7, 'x')).toEqual([
      send('n2', { type: 'refuse', slot: 4, ballot: ballot(7, 'n2'), promised: ballot(7, 'n3') }),
    ]);
    expect(roles.acceptor.acceptedAt(4)).toBeUndefined();
  });

  // Planted bug M2 (scylladb#6139): to accept is to promise.
  test('an accept without a prepare promises as much', () => {
    const roles = rolesOf();
    accept(roles, 'n3', 4, 7, 'x');
    expect(prepare(roles, 'n2', 4, 6)).toEqual([
      send('n2', { type: 'refuse', slot: 4, ballot: ballot(6, 'n2'), promised: ballot(7, 'n3') }),
    ]);
  });

  test('a later ballot takes the place of what was accepted, and the same accept again is only acknowledged', () => {
    const roles = rolesOf();
    accept(roles, 'n2', 4, 1, 'x');
    accept(roles, 'n3', 4, 2, 'longer');
    expect(accept(roles, 'n3', 4, 2, 'longer')).toEqual([
      send('n3', { type: 'accepted', slot: 4, ballot: ballot(2, 'n3') }),
    ]);
    expect(roles.acceptor.acceptedAt(4)).toMatchObject({ ballot: ballot(2, 'n3'), position: 2 });
    expect(roles.acceptor.heldBytes).toBe('longer'.length);
  });
});

describe('what is known to be chosen', () => {
  test('is forgotten; who asks for it is told how far that is, and nothing is promised or accepted there', () => {
    const roles = rolesOf();
    accept(roles, 'n2', 1, 1, 'x');
    accept(roles, 'n2', 2, 2, 'y');
    accept(roles, 'n2', 3, 3, 'z');
    roles.acceptor.forget(2);
    expect(roles.acceptor.heldBytes).toBe(1);
    expect(prepare(roles, 'n3', 2, 9)).toEqual([sendNow('n3', { type: 'known', chosenTo: 2 })]);
    expect(accept(roles, 'n3', 1, 9, 'w')).toEqual([sendNow('n3', { type: 'known', chosenTo: 2 })]);
    expect(prepare(roles, 'n3', 3, 9)).toHaveLength(2);
  });

  test('what lies too far ahead is left alone: memory is bounded, and this replica has to learn first', () => {
    const roles = rolesOf();
    expect(accept(roles, 'n2', 2 * window + 1, 1, 'x')).toEqual([]);
    expect(accept(roles, 'n2', 2 * window, 1, 'x')).toHaveLength(2);
  });

  test('goes on being the last slot in which anything was accepted', () => {
    const roles = rolesOf();
    accept(roles, 'n2', 5, 1, 'x');
    prepare(roles, 'n2', 7, 2);
    roles.acceptor.forget(7);
    expect(roles.acceptor.acceptedTo).toBe(5);
    expect(roles.acceptor.lastSlot).toBe(7);
  });
});

describe('the disk', () => {
  test('brings back what was promised and accepted, whichever was later', () => {
    const roles = rolesOf();
    roles.acceptor.replay({ kind: 'accept', slot: 4, ballot: ballot(2, 'n2'), value: value('x'), chosenTo: 0 }, 1);
    roles.acceptor.replay({ kind: 'promise', slot: 4, ballot: ballot(5, 'n3'), chosenTo: 0 }, 2);
    roles.acceptor.replay({ kind: 'promise', slot: 5, ballot: ballot(6, 'n3'), chosenTo: 0 }, 3);
    roles.acceptor.replay({ kind: 'accept', slot: 5, ballot: ballot(7, 'n2'), value: value('y'), chosenTo: 0 }, 4);
    expect(roles.acceptor.promisedAt(4)).toEqual(ballot(5, 'n3'));
    expect(roles.acceptor.acceptedAt(4)).toMatchObject({ ballot: ballot(2, 'n2'), position: 1 });
    expect(roles.acceptor.promisedAt(5)).toEqual(ballot(7, 'n2'));
    expect(roles.acceptor.firstPosition).toBe(1);
  });

  test('when old records go, the promises of open slots are written anew, but for those that an accept holds', () => {
    const roles = rolesOf();
    prepare(roles, 'n2', 1, 1);
    prepare(roles, 'n2', 2, 2);
    accept(roles, 'n2', 3, 3, 'x');
    prepare(roles, 'n3', 3, 4);
    prepare(roles, 'n2', 4, 5);
    roles.acceptor.forget(1);
    expect(effectsOf(roles, () => roles.acceptor.surviveRemovalBefore(5))).toEqual([
      persist({ kind: 'promise', slot: 2, ballot: ballot(2, 'n2'), chosenTo: 1 }),
      persist({ kind: 'promise', slot: 3, ballot: ballot(4, 'n3'), chosenTo: 1 }),
    ]);
    expect(effectsOf(roles, () => roles.acceptor.surviveRemovalBefore(5))).toEqual([]);
  });
});
