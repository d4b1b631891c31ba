/** Which groups can still work together: examples, and every graph of a few replicas against the definition. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type FaultModel, type Half, hasQuorum } from './quorum.ts';

const named = (count: number) => Array.from({ length: count }, (_, at) => `n${at + 1}`);
const halfOf = (voters: readonly string[], quorum: number): Half => ({ voters: new Set(voters), quorum });

/** A group in which only the given pairs talk, written `1-2`; all of them run unless it is said otherwise. */
function group(count: number, quorum: number, pairs: string, down: readonly string[] = []) {
  const links = new Set(pairs.split(' '));
  const number = (node: string) => node.slice(1);
  const surroundings = {
    counts: (node: string) => !down.includes(node),
    talk: (a: string, b: string) => links.has(`${number(a)}-${number(b)}`) || links.has(`${number(b)}-${number(a)}`),
  };
  const has = (model: FaultModel) => hasQuorum(model, [halfOf(named(count), quorum)], surroundings);
  return { crash: has('crash'), byzantine: has('byzantine') };
}

const pairsOf = (nodes: readonly number[]) => nodes.flatMap((a) => nodes.filter((b) => b > a).map((b) => `${a}-${b}`));
const all = (count: number) => pairsOf(Array.from({ length: count }, (_, at) => at + 1)).join(' ');
const without = (pairs: string, ...cut: string[]) =>
  pairs
    .split(' ')
    .filter((pair) => !cut.includes(pair))
    .join(' ');

describe('where all talk, their number decides', () => {
  test.each([
    [5, 3, 2, true],
    [5, 3, 3, false],
    [4, 3, 1, true],
    [4, 3, 2, false],
    [7, 5, 2, true],
    [7, 5, 3, false],
    [1, 1, 0, true],
  ])('of %d with quorums of %d, %d are gone: %j', (count, quorum, gone, left) => {
    expect(group(count, quorum, all(count), named(gone))).toEqual({ crash: left, byzantine: left });
  });
});

describe('where some links are cut', () => {
  test('two halves: the larger one, where it is a quorum', () => {
    const halves = `${pairsOf([1, 2, 3]).join(' ')} ${pairsOf([4, 5]).join(' ')}`;
    expect(group(5, 3, halves)).toEqual({ crash: true, byzantine: true });
    expect(group(5, 4, halves)).toEqual({ crash: false, byzantine: false });
  });

  test('links 1-2-3, 4-2 and 5-3: the second reaches a quorum, which is enough for one who leads', () => {
    expect(group(5, 3, '1-2 2-3 4-2 5-3')).toEqual({ crash: true, byzantine: false });
  });

  test('a replica between two halves of three: seven that vote to each other lack the votes of the other half', () => {
    const bridge = `${pairsOf([1, 2, 3]).join(' ')} ${pairsOf([5, 6, 7]).join(' ')} 1-4 2-4 3-4 5-4 6-4 7-4`;
    expect(group(7, 5, bridge)).toEqual({ crash: true, byzantine: false });
  });

  test('a replica between a half of two and a half of one: of four, the first half and the bridge are a quorum', () => {
    expect(group(4, 3, '1-2 1-3 2-3 3-4')).toEqual({ crash: true, byzantine: true });
    expect(group(4, 3, '1-2 1-3 2-3 3-4', ['n1'])).toEqual({ crash: true, byzantine: false });
  });

  test('four in a ring: each hears of three, and nobody proposes to three who hear each other', () => {
    expect(group(4, 3, '1-2 2-3 3-4 1-4')).toEqual({ crash: true, byzantine: false });
  });

  test('three pairs of seven cut apart: no five all talk with one another, and each hears of five others at least', () => {
    const paired = without(all(7), '1-2', '3-4', '5-6');
    expect(group(7, 5, paired)).toEqual({ crash: true, byzantine: true });
    // The seventh was the only one whose proposals all hear.
    expect(group(7, 5, paired, ['n7'])).toEqual({ crash: true, byzantine: false });
  });
});

describe('a configuration that is being left', () => {
  const talk = (a: string, b: string) => ![a, b].includes('n5');
  const joint = (counts: (node: string) => boolean) =>
    hasQuorum('crash', [halfOf(['n1', 'n2', 'n3'], 2), halfOf(['n3', 'n4', 'n5'], 2)], { counts, talk });

  test('needs a quorum of each half', () => {
    expect(joint(() => true)).toBe(true);
    expect(joint((node) => node !== 'n1')).toBe(true);
    expect(joint((node) => node !== 'n4')).toBe(false);
  });
});

test('nobody is no quorum, and who is no voter adds nothing', () => {
  const surroundings = { counts: () => true, talk: () => true };
  expect(hasQuorum('crash', [halfOf(['n1', 'n2'], 3)], surroundings)).toBe(false);
  expect(hasQuorum('byzantine', [halfOf([], 1)], surroundings)).toBe(false);
});

/** The definition, set by set. */
function bySets(model: FaultModel, nodes: readonly string[], quorum: number, talk: (a: string, b: string) => boolean) {
  const reaches = (a: string, b: string) => a === b || talk(a, b);
  for (let bits = 1; bits < 2 ** nodes.length; bits += 1) {
    const set = nodes.filter((_, at) => (bits >> at) & 1);
    const centre = set.find((one) => set.every((other) => reaches(one, other)));
    if (set.length < quorum || centre === undefined) continue;
    if (model === 'crash') return true;
    if (set.every((one) => set.filter((other) => reaches(one, other)).length >= quorum)) return true;
  }
  return false;
}

/** Whether so many all talk with one another. */
function hasClique(nodes: readonly string[], size: number, talk: (a: string, b: string) => boolean): boolean {
  if (size === 0) return true;
  return nodes.some((node, at) =>
    hasClique(
      nodes.slice(at + 1).filter((other) => talk(node, other)),
      size - 1,
      talk,
    ),
  );
}

const graph = fc.record({
  count: fc.integer({ min: 1, max: 7 }),
  quorum: fc.integer({ min: 1, max: 7 }),
  linked: fc.array(fc.boolean(), { minLength: 49, maxLength: 49 }),
});

test('it is what the definition says, for any graph; a clique is enough for both, and who has a mesh has a star', () => {
  fc.assert(
    fc.property(graph, ({ count, quorum, linked }) => {
      const nodes = named(count);
      const talk = (a: string, b: string) => {
        const [low, high] = [nodes.indexOf(a), nodes.indexOf(b)].sort((x, y) => x - y) as [number, number];
        return linked[low * 7 + high] === true;
      };
      const has = (model: FaultModel) => hasQuorum(model, [halfOf(nodes, quorum)], { counts: () => true, talk });
      expect(has('crash')).toBe(bySets('crash', nodes, quorum, talk));
      expect(has('byzantine')).toBe(bySets('byzantine', nodes, quorum, talk));
      if (hasClique(nodes, quorum, talk)) expect(has('byzantine')).toBe(true);
      if (has('byzantine')) expect(has('crash')).toBe(true);
    }),
    { numRuns: 2000 },
  );
});
