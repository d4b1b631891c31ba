import { expect, test } from 'vitest';
import { Allowance } from './allowance.ts';

test('each has its own, up to the next beat', () => {
  const allowance = new Allowance(10);
  expect([allowance.take('n2', 8), allowance.take('n2', 2), allowance.take('n2', 1)]).toEqual([true, true, false]);
  expect(allowance.take('n3', 10)).toBe(true);
  allowance.renew();
  expect(allowance.take('n2', 10)).toBe(true);
});

test('who asks for more than is left may still ask for less', () => {
  const allowance = new Allowance(10);
  expect([allowance.take('n2', 7), allowance.take('n2', 4), allowance.take('n2', 3)]).toEqual([true, false, true]);
});
