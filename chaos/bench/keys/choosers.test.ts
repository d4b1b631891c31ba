import { describe, expect, test } from 'vitest';
import type { RandomSource } from '../../contracts/faults.ts';
import { randomFor } from '../../random.ts';
import { type Chooser, uniform } from './chooser.ts';
import { latest } from './latest.ts';
import { scatter } from './scatter.ts';
import { ranks, scrambledZipfian } from './scrambled-zipfian.ts';
import { theta, zeta, zipfian } from './zipfian.ts';

const draws = 1_000_000;

/** How often each of `count` was drawn, as a share. */
function sharesOf(choose: Chooser, count: number): Float64Array {
  const shares = new Float64Array(count);
  for (let drawn = 0; drawn < draws; drawn += 1) {
    const place = choose(count);
    if (!(place >= 0 && place < count)) throw new RangeError(`${place} is none of ${count}`);
    shares[place] = (shares[place] ?? 0) + 1 / draws;
  }
  return shares;
}

/** The probability of the `rank`-th most popular of `items`. */
const probability = (rank: number, items: number): number => 1 / (rank ** theta * zeta(items));

/** How far `actual` is from `expected`, as a part of it. */
const error = (actual: number | undefined, expected: number): number => Math.abs((actual ?? 0) / expected - 1);

const draw = (choose: Chooser, count: number, times: number): number[] =>
  Array.from({ length: times }, () => choose(count));

/** A source that always draws the same. */
const stuckAt = (fraction: number): RandomSource => ({ ...randomFor(1, 'stuck'), fraction: () => fraction });

describe('zeta', () => {
  test.each([1, 2, 10, 999, 1000, 1001, 1002, 5000, 300_000])('of %d is the sum', (n) => {
    let sum = 0;
    for (let i = n; i >= 1; i -= 1) sum += i ** -0.99;
    expect(error(zeta(n), sum)).toBeLessThan(1e-13);
  });

  // Added up one by one; YCSB, ScrambledZipfianGenerator.ZETAN.
  test('of 10^10 is the constant that YCSB ships, but for its rounding', () => {
    expect(zeta(10_000_000_000)).toBeCloseTo(26.46902820178302, 9);
  });
});

// The paper's approximation is exact for ranks 1 and 2, and some percent off where others are popular: see zipfian.ts.
describe('zipfian', () => {
  const shares = sharesOf(zipfian(randomFor(1, 'zipfian')), 1000);

  test.each([
    [1, 0.01],
    [2, 0.01],
    [10, 0.04],
    [100, 0.1],
  ])('rank %d is as frequent as it should be', (rank, tolerance) => {
    expect(error(shares[rank - 1], probability(rank, 1000))).toBeLessThan(tolerance);
  });

  test('the ten most popular of a thousand get the share that is theirs', () => {
    const top = shares.slice(0, 10).reduce((sum, share) => sum + share, 0);
    expect(error(top, zeta(10) / zeta(1000))).toBeLessThan(0.05);
  });

  test('every rank is drawn', () => {
    expect(shares.every((share) => share > 0)).toBe(true);
  });

  test.each([1, 2, 3, 10, 1_000_000, ranks])('stays below %d, whatever is drawn', (count) => {
    expect(zipfian(stuckAt(0))(count)).toBe(0);
    const last = zipfian(stuckAt(1 - 2 ** -32))(count);
    expect(last).toBeGreaterThan(count / 2 - 1);
    expect(last).toBeLessThan(count);
  });

  test('more items draw like as many from the beginning', () => {
    const [grown, fresh] = [randomFor(2, 'growth'), randomFor(2, 'growth')];
    const choose = zipfian(grown);
    draw(choose, 500, 10);
    draw(zipfian(fresh), 3, 10);
    expect(draw(choose, 5000, 1000)).toEqual(draw(zipfian(fresh), 5000, 1000));
  });
});

describe('scrambled zipfian', () => {
  const records = 100_000;
  const placeOf = (rank: number): number => scatter(rank - 1) % records;
  const shares = sharesOf(scrambledZipfian(randomFor(3, 'scrambled'), records), records);

  test.each([
    [1, 0.01],
    [2, 0.02],
    [10, 0.07],
  ])('rank %d is as frequent as out of 10^10, at another place', (rank, tolerance) => {
    expect(error(shares[placeOf(rank)], probability(rank, ranks))).toBeLessThan(tolerance);
  });

  test('the popular records are no neighbours, and the first one is none of them', () => {
    const byShare = [...shares.keys()].sort((one, other) => (shares[other] ?? 0) - (shares[one] ?? 0));
    const top = byShare.slice(0, 20).sort((one, other) => one - other);
    expect(top[0]).toBeGreaterThan(0);
    for (const [index, place] of top.slice(1).entries()) expect(place - (top[index] ?? 0)).toBeGreaterThan(1);
  });

  test('what is not popular is nearly uniform: each tenth of the records gets its share', () => {
    for (let tenth = 0; tenth < 10; tenth += 1) {
      const part = shares.slice((tenth * records) / 10, ((tenth + 1) * records) / 10);
      const unpopular = part.filter((share) => share < 0.001).reduce((sum, share) => sum + share, 0);
      expect(unpopular).toBeGreaterThan(0.05);
      expect(unpopular).toBeLessThan(0.1);
    }
  });

  // Linear hashing: a new record takes draws from the one that is a power of two times the loaded records before it.
  test.each([
    [1000, 1001],
    [1000, 1700],
    [1000, 2000],
    [1700, 2300],
    [2000, 4000],
    [3999, 4001],
  ])('growing from %d to %d records, draws stay where they were or go to a new record', (before, after) => {
    const [old, grown] = [randomFor(4, 'growth'), randomFor(4, 'growth')];
    const oldPlaces = draw(scrambledZipfian(old, 1000), before, 200_000);
    const newPlaces = draw(scrambledZipfian(grown, 1000), after, 200_000);
    const moved = newPlaces.filter((place, index) => place !== oldPlaces[index]);
    expect(new Set(moved).size).toBe(after - before);
    expect(Math.min(...new Set(moved))).toBe(before);
    expect(Math.max(...new Set(newPlaces))).toBe(after - 1);
  });

  test('one record is enough', () => {
    expect(new Set(draw(scrambledZipfian(randomFor(5, 'one'), 1), 1, 100))).toEqual(new Set([0]));
  });
});

describe('latest', () => {
  const count = 1000;
  const shares = sharesOf(latest(randomFor(6, 'latest'), count), count);

  test.each([
    [1, 0.01],
    [2, 0.01],
    [10, 0.04],
  ])('the record that is %d from the end is as frequent as this rank', (rank, tolerance) => {
    expect(error(shares[count - rank], probability(rank, count))).toBeLessThan(tolerance);
  });

  test('follows the newest as records are added', () => {
    const choose = latest(randomFor(7, 'latest'), 10);
    for (let newest = 10; newest < 5000; newest += 1) {
      const place = choose(newest + 1);
      expect(place >= 0 && place <= newest).toBe(true);
    }
    const places = draw(choose, 5000, 10_000);
    expect(error(places.filter((place) => place === 4999).length / 10_000, probability(1, 5000))).toBeLessThan(0.1);
  });
});

describe('uniform', () => {
  test('draws each as often as any other', () => {
    const shares = sharesOf(uniform(randomFor(8, 'uniform'), 100), 100);
    for (const share of shares) expect(error(share, 0.01)).toBeLessThan(0.05);
  });

  test.each([1, 7, 1_000_000])('stays below %d, whatever is drawn', (count) => {
    expect(uniform(stuckAt(0), count)(count)).toBe(0);
    expect(uniform(stuckAt(1 - 2 ** -32), count)(count)).toBe(count - 1);
  });
});

test.each(Object.entries({ uniform, scrambledZipfian, latest }))('%s is decided by its seed', (_name, factory) => {
  const places = (seed: number) => draw(factory(randomFor(seed, 'chooser'), 1000), 1000, 500);
  expect(places(1)).toEqual(places(1));
  expect(places(1)).not.toEqual(places(2));
});
