/** The newest record is the most popular one, as in YCSB's SkewedLatestGenerator. */
import type { ChooserFactory } from './chooser.ts';
import { zipfian } from './zipfian.ts';

export const latest: ChooserFactory = (random) => {
  const age = zipfian(random);
  return (count) => count - 1 - age(count);
};
