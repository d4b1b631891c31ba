/**
 * Randomness of a run. One seed decides everything; each purpose draws from a generator of its own, so that one more draw
 * for one purpose does not shift all the others.
 */
import { randomInt } from 'node:crypto';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { fnv1a } from '../node/hash.ts';
import type { RandomSource } from './contracts/faults.ts';

/** The largest seed. */
export const maxSeed = 2 ** 31 - 1;

/** Draws the seed of a run that was given none. It is printed first. */
export function drawSeed(): number {
  return randomInt(1, maxSeed);
}

/** A generator for one purpose of the run of `seed`, such as `network/n1->n2`. */
export function randomFor(seed: number, purpose: string): RandomSource {
  const generator = xoroshiro128plus(fnv1a(Buffer.from(`${seed}/${purpose}`)) ^ Math.imul(seed, 0x9e3779b1));
  // The first outputs of neighbouring seeds are alike.
  for (let i = 0; i < 8; i += 1) generator.next();
  const fraction = (): number => (generator.next() >>> 0) / 2 ** 32;
  const integer = (min: number, max: number): number => min + Math.floor(fraction() * (max - min + 1));
  const sample = <T>(items: readonly T[], count: number): T[] => {
    const rest = [...items];
    const taken: T[] = [];
    while (taken.length < count && rest.length > 0) taken.push(...rest.splice(integer(0, rest.length - 1), 1));
    return taken;
  };
  return {
    fraction,
    integer,
    sample,
    between: (min, max) => min + fraction() * (max - min),
    chance: (probability) => fraction() < probability,
    pick: (items) => {
      if (items.length === 0) throw new RangeError('there is nothing to pick from');
      return items[integer(0, items.length - 1)] as (typeof items)[number];
    },
  };
}
