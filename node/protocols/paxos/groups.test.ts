import { describe, expect, test } from 'vitest';
import type { Group } from '../../contract/view.ts';
import { Groups, isVoter, membersOf, sameGroup, window } from './groups.ts';

const first: Group = { voters: ['n1', 'n2', 'n3'], learners: [] };
const second: Group = { voters: ['n2', 'n3', 'n4'], learners: ['n5'] };
const third: Group = { voters: ['n4'], learners: [] };

/** The second group decides from slot 10 on, the third from slot 20 on. */
function threeGroups(): Groups {
  const groups = new Groups(['n3', 'n1', 'n2']);
  groups.add(10, second);
  groups.add(20, third);
  return groups;
}

describe('the groups', () => {
  test('begin with the members that there were at first, sorted', () => {
    const groups = new Groups(['n3', 'n1', 'n2']);
    expect(groups.newest).toEqual({ from: 1, group: first });
    expect([1, 500].map((slot) => groups.at(slot))).toEqual([first, first]);
    expect(groups.since(500)).toEqual([first]);
  });

  // Paxos Made Simple, section 3: the group of slot s is decided alpha slots before.
  test('decide one after the other, each up to where the next begins', () => {
    const groups = threeGroups();
    expect([1, 9, 10, 19, 20, 999].map((slot) => groups.at(slot))).toEqual([
      first,
      first,
      second,
      second,
      third,
      third,
    ]);
    expect(groups.newest).toEqual({ from: 20, group: third });
    expect(window).toBe(128);
  });

  test('since a slot are whoever decides it, and all that are to come', () => {
    const groups = threeGroups();
    expect([9, 10, 19, 20].map((slot) => groups.since(slot))).toEqual([
      [first, second, third],
      [second, third],
      [second, third],
      [third],
    ]);
  });

  test('behind a slot are those that decide the next one, and later ones, each with where it begins', () => {
    const from = (slot: number) =>
      threeGroups()
        .behind(slot)
        .map((each) => each.from);
    expect([0, 8, 9, 10, 18, 19].map(from)).toEqual([[1, 10, 20], [1, 10, 20], [10, 20], [10, 20], [10, 20], [20]]);
  });

  test('that a snapshot describes decide what it said, and nothing is known of those before', () => {
    const groups = new Groups(['n1']);
    groups.reset(threeGroups().behind(12));
    expect([13, 19, 20].map((slot) => groups.at(slot))).toEqual([second, second, third]);
  });

  test('are forgotten where nobody asks any more, but for the last of those', () => {
    const groups = threeGroups();
    groups.forgetBefore(12);
    expect(groups.since(13)).toEqual([second, third]);
    expect(groups.behind(0).map(({ from }) => from)).toEqual([10, 20]);
    groups.forgetBefore(900);
    groups.forgetBefore(901);
    expect(groups.since(1)).toEqual([third]);
  });
});

describe('a group', () => {
  test('has members, of whom the learners have no vote', () => {
    expect(membersOf([second, first])).toEqual(['n1', 'n2', 'n3', 'n4', 'n5']);
    expect(['n4', 'n5', 'n6'].map((id) => isVoter(second, id))).toEqual([true, false, false]);
  });

  test.each<[Group, boolean]>([
    [{ voters: ['n4', 'n3', 'n2'], learners: ['n5'] }, true],
    [{ voters: ['n2', 'n3', 'n4'], learners: [] }, false],
    [{ voters: ['n2', 'n3'], learners: ['n5'] }, false],
    [{ voters: ['n2', 'n3', 'n4', 'n6'], learners: ['n5'] }, false],
    [{ voters: ['n2', 'n3', 'n5'], learners: ['n4'] }, false],
  ])('%j is the same as the second one: %j', (other, same) => {
    expect(sameGroup(second, other)).toBe(same);
    expect(sameGroup(other, second)).toBe(same);
  });
});
