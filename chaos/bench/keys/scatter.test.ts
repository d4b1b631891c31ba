import { expect, test } from 'vitest';
import { scatter } from './scatter.ts';

const many = 1 << 20;

test('no two numbers go to the same', () => {
  const seen = new Set<number>();
  for (let number = 0; number < many; number += 1) seen.add(scatter(number)).add(scatter(2 ** 32 - 1 - number));
  expect(seen.size).toBe(2 * many);
});

test('neighbours are spread evenly over all 32-bit integers', () => {
  const bins = new Uint32Array(16);
  for (let number = 0; number < many; number += 1) {
    const bin = scatter(number) >>> 28;
    bins[bin] = (bins[bin] ?? 0) + 1;
  }
  for (const count of bins) expect(Math.abs((count * bins.length) / many - 1)).toBeLessThan(0.02);
});

test('numbers from 2^32 on go where the lower ones go', () => {
  expect(scatter(2 ** 32 + 7)).toBe(scatter(7));
  expect(scatter(9_999_999_999)).toBe(scatter(9_999_999_999 % 2 ** 32));
});
