/** Nothing but writes, all over the key space: what ordering and storing cost. */

import { coreWorkload } from '../core-workload.ts';
import { uniform } from '../keys/chooser.ts';

export default coreWorkload({
  summary: 'only updates, of records drawn uniformly',
  mix: { update: 1 },
  keys: uniform,
});
