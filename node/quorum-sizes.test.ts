import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { QuorumSizes } from './contract/config.ts';
import { quorumFlaw } from './quorum-sizes.ts';

describe('the sizes of quorums', () => {
  test('majorities are right in any group', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), (voters) => {
        const majority = Math.floor(voters / 2) + 1;
        expect(quorumFlaw({ phase1: majority, phase2: majority }, voters)).toBeUndefined();
      }),
    );
  });

  test('are right exactly where each can be found, and the first voters and the last always have one in common', () => {
    const size = fc.integer({ min: 1, max: 12 });
    fc.assert(
      fc.property(size, size, size, (phase1, phase2, voters) => {
        const all = Array.from({ length: voters }, (_, at) => at);
        // Two quorums that lie as far apart as can be.
        const promised = all.slice(0, phase1);
        const accepted = all.slice(-phase2);
        const found = promised.length === phase1 && accepted.length === phase2;
        const meet = promised.some((voter) => accepted.includes(voter));
        expect(quorumFlaw({ phase1, phase2 }, voters) === undefined).toBe(found && meet);
      }),
    );
  });

  test.each<[QuorumSizes, number, string]>([
    [{ phase1: 6, phase2: 1 }, 5, 'must not be larger than the group: there is no quorum of 6 in a group of 5'],
    [{ phase1: 1, phase2: 4 }, 3, 'must not be larger than the group: there is no quorum of 4 in a group of 3'],
    [
      { phase1: 3, phase2: 2 },
      5,
      'must be more than 5 in sum: quorums of 3 and of 2 in a group of 5 may have nobody in common',
    ],
  ])('%j of %i voters: says what is wrong', (sizes, voters, flaw) => {
    expect(quorumFlaw(sizes, voters)).toBe(flaw);
  });
});
