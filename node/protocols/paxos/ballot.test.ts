import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Ballot, compareBallots, epochOf, isSameBallot, laterOf, noBallot } from './ballot.ts';

const anyBallot = fc.record({ round: fc.nat(3), node: fc.constantFrom('n1', 'n2', 'n10') });

// Paxos Made Simple, section 2.2: proposals are totally ordered, and different proposals have different numbers.
test('ballots are ordered by the round, then by the name', () => {
  const ordered: readonly Ballot[] = [
    noBallot,
    { round: 1, node: 'n1' },
    { round: 1, node: 'n10' },
    { round: 1, node: 'n2' },
    { round: 2, node: 'n1' },
  ];
  for (const [at, one] of ordered.entries()) {
    expect(ordered.map((other) => Math.sign(compareBallots(one, other)))).toEqual(
      ordered.map((_, place) => Math.sign(at - place)),
    );
  }
});

test('of two the later one is that which compares so, and only equal ones are the same', () => {
  fc.assert(
    fc.property(anyBallot, anyBallot, (one, other) => {
      const compared = compareBallots(one, other);
      expect(compareBallots(other, one) + compared).toBe(0);
      expect(isSameBallot(one, other)).toBe(compared === 0);
      expect(laterOf(one, other)).toEqual(compared >= 0 ? one : other);
      expect(laterOf(noBallot, one)).toBe(one);
    }),
  );
});

test('as a number a ballot shows its round, and the place of its replica among the first members', () => {
  const members = ['n1', 'n2', 'n3'];
  const numbers = [noBallot, { round: 3, node: 'n2' }, { round: 4, node: 'n1' }, { round: 4, node: 'later' }];
  expect(numbers.map((each) => epochOf(each, members))).toEqual([0, 3002, 4001, 4202]);
});
