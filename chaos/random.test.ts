import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { drawSeed, maxSeed, randomFor } from './random.ts';

const seeds = fc.integer({ min: 0, max: maxSeed });
const purposes = fc.string({ maxLength: 20 });
const take = (seed: number, purpose: string, count = 8) => {
  const random = randomFor(seed, purpose);
  return Array.from({ length: count }, () => random.fraction());
};

describe('reproducible', () => {
  test('the same seed and purpose draw the same', () => {
    fc.assert(
      fc.property(seeds, purposes, (seed, purpose) => {
        expect(take(seed, purpose)).toEqual(take(seed, purpose));
      }),
    );
  });

  test('is what it has always been: a seed from an old report must make the same run', () => {
    const random = randomFor(42, 'schedule');
    const drawn = [
      random.integer(0, 1_000_000),
      random.integer(0, 1_000_000),
      random.chance(0.5),
      random.pick(['a', 'b', 'c']),
    ];
    expect(drawn).toEqual([477_548, 736_769, true, 'b']);
  });

  test('each purpose draws from a generator of its own', () => {
    fc.assert(
      fc.property(seeds, purposes, purposes, (seed, a, b) => {
        fc.pre(a !== b);
        const alone = take(seed, a);
        const first = randomFor(seed, a);
        const other = randomFor(seed, b);
        const mixed = alone.map(() => {
          other.fraction();
          return first.fraction();
        });
        expect(mixed).toEqual(alone);
        expect(take(seed, b)).not.toEqual(alone);
      }),
    );
  });

  test('neighbouring seeds draw differently from the first draw on', () => {
    const firsts = Array.from({ length: 1000 }, (_, seed) => take(seed, 'x', 1)[0]);
    expect(new Set(firsts).size).toBe(1000);
    const mean = firsts.reduce<number>((sum, value) => sum + (value ?? 0), 0) / 1000;
    expect(mean).toBeGreaterThan(0.45);
    expect(mean).toBeLessThan(0.55);
  });
});

describe('ranges', () => {
  test('an integer lies in its range, and every one of a small range comes', () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: -50, max: 50 }), fc.integer({ min: 0, max: 5 }), (seed, min, width) => {
        const random = randomFor(seed, 'integers');
        const drawn = new Set(Array.from({ length: 300 }, () => random.integer(min, min + width)));
        expect([...drawn].sort((a, b) => a - b)).toEqual(Array.from({ length: width + 1 }, (_, at) => min + at));
      }),
      { numRuns: 50 },
    );
  });

  test('a fraction lies in [0, 1), and a number between in [min, max)', () => {
    const random = randomFor(7, 'fractions');
    const drawn = Array.from({ length: 20_000 }, () => random.fraction());
    expect(Math.min(...drawn)).toBeGreaterThanOrEqual(0);
    expect(Math.min(...drawn)).toBeLessThan(0.001);
    expect(Math.max(...drawn)).toBeLessThan(1);
    expect(Math.max(...drawn)).toBeGreaterThan(0.999);
    for (let i = 0; i < 1000; i += 1) {
      const value = random.between(-3, 5);
      expect(value >= -3 && value < 5).toBe(true);
    }
    expect(random.between(4, 4)).toBe(4);
  });

  test('a chance of 0 never comes, one of 1 always does, one of a tenth about one time in ten', () => {
    const random = randomFor(7, 'chances');
    const count = (probability: number) =>
      Array.from({ length: 5000 }, () => random.chance(probability)).filter(Boolean).length;
    expect(count(0)).toBe(0);
    expect(count(1)).toBe(5000);
    expect(count(0.1)).toBeGreaterThan(400);
    expect(count(0.1)).toBeLessThan(600);
  });

  test('a sample holds different items of the list, as many as asked for or as there are', () => {
    fc.assert(
      fc.property(seeds, fc.uniqueArray(fc.nat()), fc.integer({ min: -1, max: 12 }), (seed, items, count) => {
        const before = [...items];
        const sample = randomFor(seed, 'samples').sample(items, count);
        expect(sample).toHaveLength(Math.min(items.length, Math.max(0, count)));
        expect(new Set(sample).size).toBe(sample.length);
        expect(items).toEqual(expect.arrayContaining(sample));
        expect(items).toEqual(before);
      }),
    );
  });

  test('picks any of a list, and refuses an empty one', () => {
    const random = randomFor(7, 'picks');
    expect(new Set(Array.from({ length: 100 }, () => random.pick(['a', 'b', 'c']))).size).toBe(3);
    expect(() => random.pick([])).toThrow('there is nothing to pick from');
  });

  test('a drawn seed is one that --seed takes', () => {
    const drawn = Array.from({ length: 100 }, drawSeed);
    for (const seed of drawn) expect(Number.isInteger(seed) && seed >= 1 && seed <= maxSeed).toBe(true);
    expect(new Set(drawn).size).toBeGreaterThan(90);
  });
});
