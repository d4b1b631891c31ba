/**
 * Zipfian ranks: the i-th most popular of n items is drawn with a probability of 1 / (i^theta * zeta(n)).
 *
 * Source: J. Gray et al., "Quickly Generating Billion-Record Synthetic Databases" (SIGMOD 1994), as YCSB uses it (B. F.
 * Cooper et al., "Benchmarking Cloud Serving Systems with YCSB", SoCC 2010). The two most popular ranks are exact; the
 * others are where a continuous distribution puts them, which makes the third about 20 % too frequent, the tenth about 4 %,
 * and the ten most popular together about 5 %.
 */
import type { RandomSource } from '../../contracts/faults.ts';
import type { Chooser } from './chooser.ts';

/** How skewed the choice is; 0.99 is what YCSB takes. */
export const theta = 0.99;

/** So many terms are added up; what follows them is an integral with its corrections. */
const summed = 1000;

function sumOfTerms(n: number): number {
  let sum = 0;
  // From the smallest on, for the sake of rounding.
  for (let i = n; i >= 1; i -= 1) sum += i ** -theta;
  return sum;
}

const headSum = sumOfTerms(summed);

/**
 * The sum of 1 / i^theta for i from 1 to `n`. Where YCSB adds up what is new whenever items are added, and ships the sum
 * of 10^10 items as a constant, this costs the same for any `n`. Source: the Euler-Maclaurin formula, NIST DLMF 2.10.1;
 * past its first correction less than 10^-14 is missing.
 */
export function zeta(n: number): number {
  if (n <= summed) return n === summed ? headSum : sumOfTerms(n);
  const integral = (n ** (1 - theta) - summed ** (1 - theta)) / (1 - theta);
  const ends = (n ** -theta - summed ** -theta) / 2;
  const slopes = (theta / 12) * (summed ** (-theta - 1) - n ** (-theta - 1));
  return headSum + integral + ends + slopes;
}

const zetaOf2 = zeta(2);

/** Draws ranks: 0 is the most popular. */
export function zipfian(random: RandomSource): Chooser {
  let items = 0;
  let zetaOfItems = 0;
  let eta = 0;
  return (count) => {
    if (count !== items) {
      items = count;
      zetaOfItems = zeta(count);
      eta = (1 - (2 / count) ** (1 - theta)) / (1 - zetaOf2 / zetaOfItems);
    }
    const u = random.fraction();
    const scaled = u * zetaOfItems;
    if (scaled < 1) return 0;
    if (scaled < zetaOf2) return 1;
    return Math.floor(count * (eta * u - eta + 1) ** (1 / (1 - theta)));
  };
}
