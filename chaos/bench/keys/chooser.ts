/** How a workload chooses the records that it reads and updates. */
import type { RandomSource } from '../../contracts/faults.ts';

/**
 * Draws one of `count` records, by its place: 0 to `count` - 1, the newest last. `count` is at least 1, and may grow from
 * draw to draw, but never falls.
 */
export type Chooser = (count: number) => number;

/** Makes the chooser of one stream, which begins with `records` records. */
export type ChooserFactory = (random: RandomSource, records: number) => Chooser;

/** Every record is as likely as any other. */
export const uniform: ChooserFactory = (random) => (count) => Math.floor(random.fraction() * count);
