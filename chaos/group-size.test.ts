import { describe, expect, test } from 'vitest';
import { IncapableError, SplitbrainError, UsageError } from './errors.ts';
import { experimentSchema } from './experiment.ts';
import { refuseSize, refuseStranger, sizesFrom, usualBenchSize, usualNodeCount } from './group-size.ts';

/** Needs 3f + 1 replicas. */
const tripled = {
  defaultNodeCount: 4,
  sizeFlaw: (count: number) =>
    count >= 4 && count % 3 === 1 ? undefined : `It needs 3f + 1 replicas, and not ${count}.`,
};
const anySize = { defaultNodeCount: 5 };

const experiment = (rest: object) => experimentSchema.parse({ question: 'Does it hold?', why: 'To see.', ...rest });

function refusal(work: () => unknown): SplitbrainError {
  try {
    work();
  } catch (error) {
    if (error instanceof SplitbrainError) return error;
    throw error;
  }
  throw new Error('it was not refused');
}

describe('how many replicas an experiment has where nobody asked for a number', () => {
  test('as many as its file says, or else as the protocol has by default', () => {
    expect(usualNodeCount(experiment({ nodes: 3 }), anySize)).toBe(3);
    expect(usualNodeCount(experiment({ nodes: 7 }), tripled)).toBe(7);
    expect(usualNodeCount(experiment({}), anySize)).toBe(5);
    expect(usualNodeCount(experiment({}), tripled)).toBe(4);
  });

  test.each([3, 5, 6, 8])('the default in place of %i, with which the protocol cannot run', (nodes) => {
    expect(usualNodeCount(experiment({ nodes }), tripled)).toBe(4);
  });

  test('its own where the group begins with fewer members than that: those are what counts', () => {
    expect(usualNodeCount(experiment({ nodes: 6, members: 4 }), tripled)).toBe(6);
    expect(() => refuseSize(6, 4, tripled)).not.toThrow();
  });
});

describe('how many replicas each system of a benchmark has where nobody asked for a number', () => {
  test.each([
    ['3', [anySize], 3],
    ['the default of a protocol that cannot run with 3', [tripled], 4],
    ['the same for all, where one of them cannot', [anySize, tripled], 4],
  ])('%s', (_, protocols, size) => {
    expect(usualBenchSize(protocols)).toBe(size);
  });
});

describe('a size that a protocol cannot run with', () => {
  test('is refused with the protocol’s own sentence, and with the sizes next to it', () => {
    for (const size of [4, 7, 10]) expect(() => refuseSize(size, undefined, tripled)).not.toThrow();
    const refused = refusal(() => refuseSize(5, undefined, tripled));
    expect(refused.message).toBe('It needs 3f + 1 replicas, and not 5');
    expect(refused.advice).toBe('Give it --nodes 4 or --nodes 7.');
    expect(refused.exitCode).toBe(4);
    // It was asked for, for all experiments alike: nothing to leave out.
    expect(refused).toBeInstanceOf(UsageError);
    expect(refused).not.toBeInstanceOf(IncapableError);
    expect(refusal(() => refuseSize(1, undefined, tripled)).advice).toBe('Give it --nodes 4.');
  });

  test('is a matter of the experiment where that says who the first members are', () => {
    const refused = refusal(() => refuseSize(7, 5, tripled));
    expect(refused.message).toBe('It needs 3f + 1 replicas, and not 5');
    expect(refused.advice).toContain('members');
    expect(refused).toBeInstanceOf(IncapableError);
  });

  test('does not exist for most protocols', () => {
    for (let size = 1; size < 20; size += 1) expect(() => refuseSize(size, undefined, anySize)).not.toThrow();
  });
});

test('the sizes that a protocol can run with', () => {
  expect(sizesFrom(1, tripled, 3)).toEqual([4, 7, 10]);
  expect(sizesFrom(5, anySize, 2)).toEqual([5, 6]);
  expect(sizesFrom(1, { ...tripled, sizeFlaw: () => 'None will do.' }, 3)).toEqual([]);
});

describe('a target that is a replica of a larger group', () => {
  test('is refused with the number of replicas that will do', () => {
    const { message, advice } = refusal(() => refuseStranger('n5', 4, tripled));
    expect(message).toBe('there is no target "n5": the group has 4 replicas');
    expect(advice).toBe('Give it --nodes 7, or choose another target (see: npx splitbrain list targets).');
    expect(refusal(() => refuseStranger('n4', 3, anySize)).advice).toContain('--nodes 4,');
    expect(refusal(() => refuseStranger('n4', 3, anySize))).toBeInstanceOf(IncapableError);
    expect(refusal(() => refuseStranger('n999', 3, anySize)).advice).toMatch(/^Choose another target/);
  });

  test.each(['n4', 'n1', 'n0', 'next', 'n5x', 'leader', ''])('is not "%s" in a group of four', (target) => {
    expect(() => refuseStranger(target, 4, tripled)).not.toThrow();
  });
});
