/** Nothing but reads, all over the key space: what a read that is up to date costs. */

import { coreWorkload } from '../core-workload.ts';
import { uniform } from '../keys/chooser.ts';

export default coreWorkload({
  summary: 'only reads, of records drawn uniformly',
  mix: { read: 1 },
  keys: uniform,
});
