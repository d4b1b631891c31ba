import { expect, test } from 'vitest';
import { LastOnes } from './last-ones.ts';

const kept = (ones: LastOnes<string>) => ['a', 'b', 'c', 'd'].flatMap((key) => ones.get(key) ?? []);

test('of more than so many the oldest are gone', () => {
  const ones = new LastOnes<string>({ count: 2 });
  for (const key of ['a', 'b', 'a', 'c']) ones.keep(key, key.repeat(3));
  expect(kept(ones)).toEqual(['bbb', 'ccc']);
});

test('of more than so many bytes the oldest are gone, and one that is longer than all of them is not kept', () => {
  const ones = new LastOnes<string>({ count: 9, bytes: 6, bytesOf: ({ length }) => length });
  ones.keep('a', '1234');
  ones.keep('a', '12');
  ones.keep('b', '1234');
  expect(kept(ones)).toEqual(['12', '1234']);
  ones.keep('c', '1');
  expect(kept(ones)).toEqual(['1234', '1']);
  ones.keep('d', '1234567');
  expect(kept(ones)).toEqual([]);
});
