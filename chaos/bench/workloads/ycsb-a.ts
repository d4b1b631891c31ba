/** YCSB workload A, update heavy: a session store that records recent actions. */

import { coreWorkload } from '../core-workload.ts';
import { scrambledZipfian } from '../keys/scrambled-zipfian.ts';

export default coreWorkload({
  summary: 'YCSB A, update heavy: 50 % reads, 50 % updates, zipfian',
  mix: { read: 0.5, update: 0.5 },
  keys: scrambledZipfian,
});
