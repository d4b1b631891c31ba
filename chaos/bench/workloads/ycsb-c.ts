/** YCSB workload C, read only: a cache of user profiles that are made elsewhere. */

import { coreWorkload } from '../core-workload.ts';
import { scrambledZipfian } from '../keys/scrambled-zipfian.ts';

export default coreWorkload({
  summary: 'YCSB C, read only: 100 % reads, zipfian',
  mix: { read: 1 },
  keys: scrambledZipfian,
});
