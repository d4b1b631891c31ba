/** YCSB workload D, read latest: status updates of users; people want to read the latest. */
import { latest } from '../keys/latest.ts';
import { coreWorkload } from '../workloads-shared/core-workload.ts';

export default coreWorkload({
  summary: 'YCSB D, read latest: 95 % reads, 5 % inserts, the newest records are the most popular',
  mix: { read: 0.95, insert: 0.05 },
  keys: latest,
});
