/** Nothing but writes, all over the key space: what ordering and storing cost. */
import { uniform } from '../keys/chooser.ts';
import { coreWorkload } from '../workloads-shared/core-workload.ts';

export default coreWorkload({
  summary: 'only updates, of records drawn uniformly',
  mix: { update: 1 },
  keys: uniform,
});
