import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Configuration, enterJoint, initialConfiguration, isJoint, leaveJoint, simple } from './configuration.ts';
import { anyConfiguration, changed, changes, configurationOf, universe } from './configuration-fixture.ts';
import { changeTo, type Target } from './configuration-target.ts';

const settled = anyConfiguration.map((configuration) =>
  isJoint(configuration) ? changed(leaveJoint(configuration)) : configuration,
);

/** Voters, at least one, and learners, in any order and with repetitions. */
const anyTarget: fc.Arbitrary<Target> = fc
  .tuple(fc.shuffledSubarray([...universe], { minLength: 1 }), fc.nat())
  .chain(([ids, cut]) => {
    const voters = ids.slice(0, 1 + (cut % ids.length));
    const learners = ids.slice(voters.length);
    return fc.record({
      voters: fc.constantFrom(voters, [...voters, ...voters]),
      learners: fc.constantFrom(learners, [...learners, ...learners]),
    });
  });

function follow(
  before: Configuration,
  target: Target,
): { configuration: Configuration; steps: number; joint: boolean } {
  const route = changeTo(before, target);
  if ('error' in route) throw new Error(route.error);
  const { joint } = route;
  const configuration = joint
    ? changed(leaveJoint(changed(enterJoint(before, true, route.changes))))
    : changed(simple(before, route.changes));
  return { configuration, steps: route.changes.length, joint };
}

describe('the way to a wanted configuration', () => {
  test('leads there, is joint only where it must be, and names each replica once', () => {
    fc.assert(
      fc.property(settled, anyTarget, (before, target) => {
        const { configuration, joint } = follow(before, target);
        const [voters, learners] = [[...new Set(target.voters)].sort(), [...new Set(target.learners)].sort()];
        expect(configuration).toEqual(configurationOf({ voters, learners }));
        const route = changeTo(before, target);
        if ('error' in route) throw new Error(route.error);
        expect(new Set(route.changes.map(({ id }) => id)).size).toBe(route.changes.length);
        expect('error' in simple(before, route.changes)).toBe(joint);
      }),
    );
  });

  test('has no steps where one is there already', () => {
    fc.assert(
      fc.property(settled, (before) => {
        expect(follow(before, before)).toEqual({ configuration: before, steps: 0, joint: false });
      }),
    );
  });

  test.each([
    ['one voter more', ['n1', 'n2', 'n3', 'n5'], ['n4'], 'v5', false],
    ['one voter more, named twice', ['n1', 'n2', 'n3', 'n5', 'n5'], ['n4'], 'v5', false],
    ['a learner promoted', ['n1', 'n2', 'n3', 'n4'], [], 'v4', false],
    ['a voter demoted', ['n1', 'n2'], ['n3', 'n4'], 'l3', false],
    ['many learners', ['n1', 'n2', 'n3'], ['n5', 'n6'], 'l5 l6 r4', false],
    ['a voter replaced', ['n1', 'n2', 'n5'], ['n4'], 'v5 r3', true],
    ['a voter and a learner that change places', ['n1', 'n2', 'n4'], ['n3'], 'v4 l3', true],
  ])('%s', (_what, voters, learners, expected, joint) => {
    const before = { ...initialConfiguration(['n1', 'n2', 'n3']), learners: ['n4'] };
    expect(changeTo(before, { voters, learners })).toEqual({ changes: changes(expected), joint });
  });

  test('is not to be had in the middle of another change, or to a voter that is a learner', () => {
    const three = initialConfiguration(['n1', 'n2', 'n3']);
    const joint = changed(enterJoint(three, false, []));
    expect(changeTo(joint, { voters: ['n1'], learners: [] })).toHaveProperty('error');
    expect(changeTo(three, { voters: ['n1', 'n2'], learners: ['n2'] })).toEqual({
      error: 'n2 cannot be both a voter and a learner.',
    });
  });
});
