import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Frozen } from '../frozen.ts';
import {
  type Change,
  type Configuration,
  emptyConfiguration,
  enterJoint,
  equalConfigurations,
  flawOf,
  initialConfiguration,
  isVoter,
  leaveJoint,
  maxMembers,
  members,
  simple,
} from './configuration.ts';
import {
  anyChange,
  anyChanges,
  anyConfiguration,
  anyMove,
  changed,
  changes,
  configurationOf,
  everySet,
} from './configuration-fixture.ts';
import { holdsFor, type Voters } from './quorum.ts';

const three = initialConfiguration(['n3', 'n1', 'n2']);

/** Whether two groups without a common member could decide, one in each configuration: two leaders in one term. */
function canSplit(one: Voters, other: Voters): boolean {
  for (const set of everySet()) {
    if (holdsFor(one, (id) => set.has(id)) && holdsFor(other, (id) => !set.has(id))) return true;
  }
  return false;
}

describe('a simple change', () => {
  test('adds, promotes, demotes and removes (sections 4.1 and 4.2.1)', () => {
    const steps: [string, Partial<Configuration>][] = [
      ['l4', { voters: ['n1', 'n2', 'n3'], learners: ['n4'] }],
      ['v4', { voters: ['n1', 'n2', 'n3', 'n4'] }],
      ['l2 l5', { voters: ['n1', 'n3', 'n4'], learners: ['n2', 'n5'] }],
      ['r2 r1 u3 u9', { voters: ['n3', 'n4'], learners: ['n5'] }],
    ];
    let configuration = three;
    for (const [text, expected] of steps) {
      configuration = changed(simple(configuration, changes(text)));
      expect(configuration).toEqual(configurationOf(expected));
    }
  });

  test('leaves no two groups that could decide apart from each other (section 4.1)', () => {
    fc.assert(
      fc.property(anyConfiguration, anyChanges, (before, list) => {
        const result = simple(before, list);
        if ('configuration' in result) expect(canSplit(before, result.configuration)).toBe(false);
      }),
    );
  });

  test('of two voters at once is refused, as it could leave two such groups (section 4.3)', () => {
    expect(canSplit(three, initialConfiguration(['n1', 'n2', 'n3', 'n4', 'n5']))).toBe(true);
    expect(simple(three, changes('v4 v5'))).toEqual({
      error: 'More than one voter would change, which takes joint consensus.',
    });
  });
});

describe('joint consensus (section 4.3)', () => {
  test('changes everything at once, with the old voters as the outgoing half', () => {
    const joint = changed(enterJoint(three, true, changes('r1 r2 v4 v5 l6')));
    expect(joint).toEqual({
      voters: ['n3', 'n4', 'n5'],
      outgoing: ['n1', 'n2', 'n3'],
      learners: ['n6'],
      learnersNext: [],
      autoLeave: true,
    });
    expect(changed(leaveJoint(joint))).toEqual(configurationOf({ voters: ['n3', 'n4', 'n5'], learners: ['n6'] }));
  });

  test('a voter that is demoted votes until the joint configuration is left', () => {
    const joint = changed(enterJoint(three, false, changes('l1 v4')));
    expect(joint).toMatchObject({ voters: ['n2', 'n3', 'n4'], learners: [], learnersNext: ['n1'] });
    expect(isVoter(joint, 'n1')).toBe(true);
    const left = changed(leaveJoint(joint));
    expect(left).toEqual(configurationOf({ voters: ['n2', 'n3', 'n4'], learners: ['n1'] }));
    expect(isVoter(left, 'n1')).toBe(false);
  });

  test('leaves no two groups that could decide apart from each other, on the way in and on the way out', () => {
    fc.assert(
      fc.property(anyConfiguration, anyChanges, (before, list) => {
        const entered = enterJoint(before, false, list);
        if ('error' in entered) return;
        const joint = entered.configuration;
        expect(canSplit(before, joint)).toBe(false);
        expect(canSplit(joint, changed(leaveJoint(joint)))).toBe(false);
      }),
    );
  });

  test('leads to where single changes lead', () => {
    const withoutN1 = anyChanges.map((list) => list.filter(({ id }) => id !== 'n1'));
    fc.assert(
      fc.property(withoutN1, withoutN1, (before, list) => {
        const singly = (configuration: Configuration, change: Change): Configuration =>
          changed(simple(configuration, [change]));
        const start = before.reduce(singly, initialConfiguration(['n1']));
        expect(changed(leaveJoint(changed(enterJoint(start, true, list))))).toEqual(list.reduce(singly, start));
      }),
    );
  });
});

describe('every move', () => {
  test('leads to a sound configuration with a voter, and changes nothing in place', () => {
    fc.assert(
      fc.property(anyConfiguration, anyMove, (before, move) => {
        const result = move(new Frozen().freeze(before));
        if ('error' in result) return;
        expect(flawOf(result.configuration)).toBeUndefined();
        expect(result.configuration.voters.length).toBeGreaterThan(0);
      }),
    );
  });

  test('between joint configurations and others keeps who has voted until then', () => {
    fc.assert(
      fc.property(anyConfiguration, anyChanges, (before, list) => {
        const result = enterJoint(before, false, list);
        if ('error' in result) return;
        const joint = result.configuration;
        expect(joint.outgoing).toEqual(before.voters);
        const left = changed(leaveJoint(joint));
        expect(left.voters).toEqual(joint.voters);
        expect(left.learners).toEqual([...joint.learners, ...joint.learnersNext].sort());
      }),
    );
  });

  test('of different replicas comes to the same in every order', () => {
    const shuffledChanges = fc
      .uniqueArray(anyChange, { selector: ({ id }) => id })
      .chain((list) => fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })));
    fc.assert(
      fc.property(anyConfiguration, shuffledChanges, (before, [list, shuffled]) => {
        expect(simple(before, shuffled)).toEqual(simple(before, list));
        expect(enterJoint(before, true, shuffled)).toEqual(enterJoint(before, true, list));
      }),
    );
  });
});

describe('what is refused', () => {
  const joint = changed(enterJoint(three, false, []));

  test.each([
    ['a simple change while joint', simple(joint, changes('l4')), 'must be left before it takes a simple change'],
    ['to enter twice', enterJoint(joint, true, []), 'must be left before another is entered'],
    ['to enter without voters', enterJoint(emptyConfiguration, false, changes('v1')), 'without voters'],
    ['to leave what is not joint', leaveJoint(three), 'is not joint'],
    ['to leave no voter', simple(initialConfiguration(['n1']), changes('l1')), 'No voter would be left.'],
    ['to replace all voters by none', enterJoint(three, false, changes('r1 l2 r3')), 'No voter would be left.'],
    ['a name with a blank', simple(three, [{ kind: 'add-learner', id: 'n 4' }]), '"n 4" is not the name of a replica.'],
    ['a name of 65 letters', simple(three, [{ kind: 'remove', id: 'n'.repeat(65) }]), 'is not the name of a replica.'],
  ])('%s', (_what, result, sentence) => {
    expect(result).toEqual({ error: expect.stringContaining(sentence) });
  });

  test('more members than fit, those of the outgoing half included', () => {
    const full = initialConfiguration(Array.from({ length: maxMembers }, (_, offset) => `n${offset + 1}`));
    const error = 'The group would have 101 members, and at most 100 fit.';
    expect(simple(full, changes('l101'))).toEqual({ error });
    expect(enterJoint(full, true, changes('r1 v101'))).toEqual({ error });
    expect(simple(full, changes('l1'))).toHaveProperty('configuration');
  });

  test.each<[string, Partial<Configuration>]>([
    ['a learner that votes', { learners: ['n2'] }],
    ['a learner that votes in the outgoing half', { outgoing: ['n4'], learners: ['n4'] }],
    ['a learner to come that does not vote', { outgoing: ['n1'], learnersNext: ['n4'] }],
    ['a learner to come that stays a voter', { outgoing: ['n1'], learnersNext: ['n1'] }],
    ['to leave by itself what is not joint', { autoLeave: true }],
    ['members and no voter', { voters: [], learners: ['n4'] }],
    ['lists out of order', { voters: ['n2', 'n1'] }],
    ['a replica twice', { voters: ['n1', 'n1'] }],
    ['a replica without a name', { voters: [''] }],
  ])('as a broken invariant: %s', (_what, fields) => {
    const broken = { ...three, ...fields };
    expect(() => simple(broken, [])).toThrow('a configuration');
    expect(() => enterJoint(broken, false, [])).toThrow('a configuration');
    expect(() => leaveJoint(broken)).toThrow('a configuration');
  });

  test('a group that begins with a member twice, or with too many', () => {
    expect(() => initialConfiguration(['n1', 'n2', 'n1'])).toThrow('names a replica twice');
    expect(() => initialConfiguration(Array.from({ length: 101 }, (_, offset) => `n${offset}`))).toThrow('101');
  });
});

describe('configurations', () => {
  test('are equal when all their parts are', () => {
    fc.assert(
      fc.property(anyConfiguration, anyConfiguration, (one, other) => {
        expect(equalConfigurations(one, structuredClone(one))).toBe(true);
        expect(equalConfigurations(one, other)).toBe(JSON.stringify(one) === JSON.stringify(other));
      }),
    );
  });

  test.each<Partial<Configuration>>([
    { voters: ['n1'] },
    { outgoing: ['n1', 'n2', 'n3'] },
    { learners: ['n9'] },
    { learnersNext: ['n5'] },
    { autoLeave: true },
  ])('differ by %j', (fields) => {
    expect(equalConfigurations(three, { ...three, ...fields })).toBe(false);
  });

  test('send entries to voters of both halves and to learners', () => {
    const joint = changed(enterJoint(three, false, changes('r1 l2 v4 l5')));
    expect(members(joint)).toEqual(['n1', 'n2', 'n3', 'n4', 'n5']);
    expect(members(joint).map((id) => isVoter(joint, id))).toEqual([true, true, true, true, false]);
  });
});
