/** YCSB workload C, read only: a cache of user profiles that are made elsewhere. */
import { scrambledZipfian } from '../keys/scrambled-zipfian.ts';
import { coreWorkload } from '../workloads-shared/core-workload.ts';

export default coreWorkload({
  summary: 'YCSB C, read only: 100 % reads, zipfian',
  mix: { read: 1 },
  keys: scrambledZipfian,
});
