/** Nothing but reads, all over the key space: what a read that is up to date costs. */
import { uniform } from '../keys/chooser.ts';
import { coreWorkload } from '../workloads-shared/core-workload.ts';

export default coreWorkload({
  summary: 'only reads, of records drawn uniformly',
  mix: { read: 1 },
  keys: uniform,
});
