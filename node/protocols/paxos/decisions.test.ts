import { describe, expect, test } from 'vitest';
import { window } from './groups.ts';
import { ballot, bytes, effectsOf, persist, type Roles, rolesOf, value } from './replica-fixture.ts';

const accept = ({ acceptor }: Roles, slot: number, round: number, text: string) =>
  acceptor.onAccept('n2', { type: 'accept', slot, ballot: ballot(round, 'n2'), value: value(text) });

/** What the machine is given, in order. */
const applied = (roles: Roles, work: () => void) =>
  effectsOf(roles, work).flatMap((effect) => (effect.kind === 'apply' ? [[effect.index, effect.payload]] : []));

describe('what was chosen', () => {
  test('goes to the learner without a gap, in whatever order the news comes', () => {
    const roles = rolesOf();
    for (const slot of [1, 2, 3]) accept(roles, slot, slot, `v${slot}`);
    roles.decisions.note(3, ballot(3, 'n2'));
    roles.decisions.note(2, ballot(2, 'n2'));
    expect(applied(roles, () => roles.decisions.drain())).toEqual([]);
    expect(roles.decisions.lastSlot).toBe(3);
    roles.decisions.note(1, ballot(1, 'n2'));
    expect(applied(roles, () => roles.decisions.drain())).toEqual([
      [1, bytes('v1')],
      [2, bytes('v2')],
      [3, bytes('v3')],
    ]);
    expect(roles.learner.chosenTo).toBe(3);
  });

  // Section 2.2, P2b: if a value is chosen, every higher-numbered proposal that is accepted has it.
  test('is what was accepted under that ballot or a later one', () => {
    const roles = rolesOf();
    accept(roles, 1, 7, 'x');
    roles.decisions.note(1, ballot(3, 'n3'));
    expect(roles.decisions.valueAt(1)).toEqual(value('x'));
  });

  test('is not known where only an earlier ballot was accepted: it may be another value', () => {
    const roles = rolesOf();
    accept(roles, 1, 2, 'x');
    roles.decisions.note(1, ballot(3, 'n3'));
    expect(roles.decisions.isChosen(1)).toBe(true);
    expect(roles.decisions.valueAt(1)).toBeUndefined();
    expect(applied(roles, () => roles.decisions.drain())).toEqual([]);
  });

  test('is written down where its proposer knows it and its acceptor does not', () => {
    const roles = rolesOf();
    roles.decisions.note(1, ballot(3, 'n1'), value('x'));
    expect(effectsOf(roles, () => roles.decisions.drain())[0]).toEqual(
      persist({ kind: 'chosen', from: 1, values: [value('x')] }),
    );
  });

  test('waits while a snapshot of another replica is being installed', () => {
    const roles = rolesOf();
    accept(roles, 1, 1, 'x');
    roles.decisions.note(1, ballot(1, 'n2'));
    roles.learner.installing = true;
    expect(applied(roles, () => roles.decisions.drain())).toEqual([]);
    roles.learner.installing = false;
    expect(applied(roles, () => roles.decisions.drain())).toHaveLength(1);
  });

  test('is kept for a window of slots, and no longer than the learner needs it', () => {
    const { decisions } = rolesOf();
    decisions.note(window, ballot(1, 'n2'));
    decisions.note(window + 1, ballot(1, 'n2'));
    expect(decisions.lastSlot).toBe(window);
    decisions.forget(window);
    expect(decisions.lastSlot).toBe(0);
  });
});

describe('who proposed last', () => {
  test('is told by the latest slot, and within a slot by the latest ballot; late news changes nothing', () => {
    const { decisions } = rolesOf();
    decisions.note(2, ballot(3, 'n2'));
    decisions.hear({ slot: 1, ballot: ballot(9, 'n3') });
    expect(decisions.last).toEqual({ slot: 2, ballot: ballot(3, 'n2') });
    decisions.hear({ slot: 2, ballot: ballot(4, 'n3') });
    decisions.hear({ slot: 2, ballot: ballot(3, 'n2') });
    expect(decisions.last).toEqual({ slot: 2, ballot: ballot(4, 'n3') });
  });
});
