/** YCSB workload D, read latest: status updates of users; people want to read the latest. */

import { coreWorkload } from '../core-workload.ts';
import { latest } from '../keys/latest.ts';

export default coreWorkload({
  summary: 'YCSB D, read latest: 95 % reads, 5 % inserts, the newest records are the most popular',
  mix: { read: 0.95, insert: 0.05 },
  keys: latest,
});
