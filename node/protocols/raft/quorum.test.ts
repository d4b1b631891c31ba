import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { NodeId } from '../../contract/ids.ts';
import { anyConfiguration, everySet, universe } from './configuration-fixture.ts';
import { committedIndex, holdsFor, type Tally, type VoteResult, type Voters, voteResult } from './quorum.ts';

const plain = (...voters: NodeId[]): Voters => ({ voters, outgoing: [] });
const joint: Voters = { voters: ['n1', 'n2', 'n3'], outgoing: ['n3', 'n4', 'n5'] };
const nobody: Voters = { voters: [], outgoing: [] };

const among = (...ids: NodeId[]) => {
  const set = new Set(ids);
  return (id: NodeId): boolean => set.has(id);
};

/** As a planted bug would have it: a majority of all voters of both halves, counted together. */
const unionTally: Tally = ({ voters, outgoing }, test) => {
  const all = [...new Set([...voters, ...outgoing])];
  return all.filter(test).length > all.length / 2;
};

const anyIndexes = fc
  .array(fc.integer({ min: 0, max: 6 }), { minLength: universe.length, maxLength: universe.length })
  .map((indexes) => new Map(universe.map((id, at) => [id, indexes[at] as number])));

const anyVotes = fc
  .array(fc.constantFrom(true, false, undefined), { minLength: universe.length, maxLength: universe.length })
  .map((votes) => {
    const given = new Map<NodeId, boolean>();
    for (const [at, vote] of votes.entries()) if (vote !== undefined) given.set(universe[at] as NodeId, vote);
    return given;
  });

describe('a majority', () => {
  test.each([
    [1, 1],
    [2, 2],
    [3, 2],
    [4, 3],
    [5, 3],
    [9, 5],
  ])('of %d voters is %d of them (section 3.3)', (count, needed) => {
    const ids = Array.from({ length: count }, (_, offset) => `n${offset + 1}`);
    expect(holdsFor(plain(...ids), among(...ids.slice(0, needed)))).toBe(true);
    expect(holdsFor(plain(...ids), among(...ids.slice(-needed)))).toBe(true);
    expect(holdsFor(plain(...ids), among(...ids.slice(1, needed)))).toBe(false);
  });

  test('is one of each half where the configuration is joint (section 4.3)', () => {
    expect(holdsFor(joint, among('n1', 'n2'))).toBe(false);
    expect(holdsFor(joint, among('n4', 'n5'))).toBe(false);
    expect(holdsFor(joint, among('n1', 'n2', 'n4'))).toBe(false);
    expect(holdsFor(joint, among('n1', 'n2', 'n4', 'n5'))).toBe(true);
    expect(holdsFor(joint, among('n1', 'n3', 'n5'))).toBe(true);
  });

  test('says nothing of who is no voter', () => {
    expect(holdsFor(plain('n1', 'n2', 'n3'), among('n1', 'n4', 'n5'))).toBe(false);
  });

  test('shares a voter with every other (section 3.6.3)', () => {
    fc.assert(
      fc.property(anyConfiguration, (configuration) => {
        for (const set of everySet()) {
          const both = holdsFor(configuration, (id) => set.has(id)) && holdsFor(configuration, (id) => !set.has(id));
          expect(both).toBe(false);
        }
      }),
    );
  });
});

describe('what is committed (sections 3.6.2 and 4.3)', () => {
  test('is stored by a majority of both halves, and what follows it is not', () => {
    fc.assert(
      fc.property(anyConfiguration, anyIndexes, (configuration, indexes) => {
        const matchIndex = (id: NodeId): number => indexes.get(id) as number;
        const index = committedIndex(configuration, matchIndex);
        expect(holdsFor(configuration, (id) => matchIndex(id) >= index)).toBe(true);
        expect(holdsFor(configuration, (id) => matchIndex(id) > index)).toBe(false);
      }),
    );
  });

  test('is the smaller middle of both halves', () => {
    const middle = (half: readonly NodeId[], indexes: ReadonlyMap<NodeId, number>): number => {
      const descending = half.map((id) => indexes.get(id) as number).sort((one, other) => other - one);
      return descending[Math.floor(half.length / 2)] ?? Number.POSITIVE_INFINITY;
    };
    fc.assert(
      fc.property(anyConfiguration, anyIndexes, (configuration, indexes) => {
        const { voters, outgoing } = configuration;
        const expected = Math.min(middle(voters, indexes), middle(outgoing, indexes));
        expect(committedIndex(configuration, (id) => indexes.get(id) as number)).toBe(expected);
      }),
    );
  });

  test('is nothing while nothing is known, and no limit where nobody votes', () => {
    expect(committedIndex(joint, () => 0)).toBe(0);
    expect(committedIndex(nobody, () => 0)).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('a vote (sections 3.4 and 4.3)', () => {
  test('is decided once no votes to come could change it', () => {
    /** What every way to fill in the missing votes leads to. */
    const outcomes = (voters: Voters, votes: ReadonlyMap<NodeId, boolean>): Set<boolean> => {
      const results = new Set<boolean>();
      for (const granting of everySet()) results.add(holdsFor(voters, (id) => votes.get(id) ?? granting.has(id)));
      return results;
    };
    fc.assert(
      fc.property(anyConfiguration, anyVotes, (configuration, votes) => {
        const [one, other] = outcomes(configuration, votes);
        const expected: VoteResult = other !== undefined ? 'pending' : one === true ? 'won' : 'lost';
        expect(voteResult(configuration, votes)).toBe(expected);
      }),
    );
  });

  test('is lost with one half, whatever the other says', () => {
    const votes = new Map([...['n1', 'n2', 'n3'].map((id) => [id, true] as const), ['n4', false], ['n5', false]]);
    expect(voteResult(joint, votes)).toBe('lost');
  });

  test('is won where nobody votes', () => {
    expect(voteResult(nobody, new Map())).toBe('won');
  });
});

describe('a half without voters', () => {
  test('leaves the decision to the other, whichever it is', () => {
    const [incoming, outgoing] = [plain('n1', 'n2', 'n3'), { voters: [], outgoing: ['n1', 'n2', 'n3'] }];
    fc.assert(
      fc.property(anyIndexes, anyVotes, (indexes, votes) => {
        const matchIndex = (id: NodeId): number => indexes.get(id) as number;
        expect(committedIndex(outgoing, matchIndex)).toBe(committedIndex(incoming, matchIndex));
        expect(voteResult(outgoing, votes)).toBe(voteResult(incoming, votes));
      }),
    );
  });
});

describe('another tally', () => {
  test('decides everything in place of the correct one', () => {
    const counted = new Map(['n1', 'n2', 'n3'].map((id) => [id, 7]));
    const matchIndex = (id: NodeId): number => counted.get(id) ?? 0;
    expect([committedIndex(joint, matchIndex), committedIndex(joint, matchIndex, unionTally)]).toEqual([0, 7]);
    const granted = new Map([...counted.keys()].map((id) => [id, true]));
    expect([voteResult(joint, granted), voteResult(joint, granted, unionTally)]).toEqual(['pending', 'won']);
    const denied = new Map(['n4', 'n5'].map((id) => [id, false]));
    expect([voteResult(joint, denied), voteResult(joint, denied, unionTally)]).toEqual(['lost', 'pending']);
  });

  test('that counts both halves together lets two groups decide apart from each other', () => {
    const before = plain('n3', 'n4', 'n5');
    expect(holdsFor(before, among('n4', 'n5'))).toBe(true);
    expect(unionTally(joint, among('n1', 'n2', 'n3'))).toBe(true);
    expect(holdsFor(joint, among('n1', 'n2', 'n3'))).toBe(false);
  });
});
