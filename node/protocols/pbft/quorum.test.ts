import { describe, expect, test } from 'vitest';
import definition from './index.ts';
import { primaryOf, sizeFlaw, sizesOf } from './quorum.ts';

describe('the sizes of a group', () => {
  // Section 3: with n = 3f + 1, 2f + 1 are a quorum. At four replicas f + 1 and 2f are the same.
  test.each([
    { nodes: 4, f: 1, oneHonest: 2, quorum: 3 },
    { nodes: 7, f: 2, oneHonest: 3, quorum: 5 },
    { nodes: 10, f: 3, oneHonest: 4, quorum: 7 },
    { nodes: 13, f: 4, oneHonest: 5, quorum: 9 },
  ])('of $nodes', ({ nodes, ...sizes }) => {
    expect(sizesOf(nodes)).toEqual({ ...sizes, all: nodes });
    expect(sizeFlaw(nodes)).toBeUndefined();
  });

  test.each([4, 7, 10, 31])(
    'any two quorums of %i have an honest replica in common, and one can do without f',
    (nodes) => {
      const { f, quorum, all } = sizesOf(nodes);
      expect(2 * quorum - all).toBeGreaterThan(f);
      expect(all - f).toBeGreaterThanOrEqual(quorum);
    },
  );

  // Section 4.1: f + 1 equal replies; section 5.1.3: 2f + 1, where replicas answer from their states.
  test.each([4, 7, 10])('tell clients of %i how many equal replies they need', (nodes) => {
    const { client } = definition;
    const { f, quorum } = sizesOf(nodes);
    expect(client.replyQuorum?.(nodes)).toBe(f + 1);
    expect(client.readQuorum?.(nodes)).toBe(quorum);
  });

  test.each([0, 1, 2, 3, 5, 6, 8, 9])('cannot be those of %i', (nodes) => {
    expect(sizeFlaw(nodes)).toBe(`PBFT needs 3f + 1 replicas to stand f malicious ones: 4, 7 or 10, and not ${nodes}.`);
  });
});

// Section 4: p = v mod |R|.
test('the primary goes round with the views', () => {
  const members = ['a', 'b', 'c', 'd'];
  expect([0, 1, 2, 3, 4, 9].map((view) => primaryOf(view, members))).toEqual(['a', 'b', 'c', 'd', 'a', 'b']);
});
