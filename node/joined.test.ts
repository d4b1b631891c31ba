import { expect, test } from 'vitest';
import { countFitting, joined } from './joined.ts';

test.each([
  [[], 10, 0],
  [[4, 6, 1], 10, 2],
  [[4, 6], 10, 2],
  [[11, 1], 10, 1],
  [[4, 7], 10, 1],
  [[4, 7], 0, 1],
])('of %j as many as %i bytes hold, or one: %i', (lengths, maxBytes, count) => {
  expect(countFitting(lengths, maxBytes, (length) => length)).toBe(count);
});

test('one stays as it is, several stand one behind the other', () => {
  const [one, two] = [Uint8Array.of(1, 2), Uint8Array.of(3)];
  expect(joined([one])).toBe(one);
  expect([...joined([one, two])]).toEqual([1, 2, 3]);
  expect(joined([])).toHaveLength(0);
});
