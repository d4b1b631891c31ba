/**
 * Zipfian over records that are popular by chance, not by age. As in YCSB's ScrambledZipfianGenerator, ranks are drawn out
 * of 10^10 whatever the number of records is, and a hash takes each rank to a record.
 */
import type { ChooserFactory } from './chooser.ts';
import { scatter } from './scatter.ts';
import { zipfian } from './zipfian.ts';

/** How many ranks there are; the most popular is drawn once in 26.5 times. */
export const ranks = 10_000_000_000;

/**
 * Where records are added, a rank must not go to another record each time. YCSB hashes over more records than there are,
 * and draws again what is not there yet; but it knows how many operations will come. Here ranks go to records as in
 * linear hashing: a new record takes its share of the ranks from one other record, and nothing else moves. Source:
 * W. Litwin, "Linear Hashing" (VLDB 1980).
 */
export const scrambledZipfian: ChooserFactory = (random, records) => {
  const rank = zipfian(random);
  let base = Math.max(1, records);
  return (count) => {
    while (count >= 2 * base) base *= 2;
    const place = scatter(rank(ranks)) % (2 * base);
    return place < count ? place : place - base;
  };
};
