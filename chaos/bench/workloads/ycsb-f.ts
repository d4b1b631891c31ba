/** YCSB workload F, read-modify-write: a user database, where records are read and changed by the user. */

import { coreWorkload } from '../core-workload.ts';
import { scrambledZipfian } from '../keys/scrambled-zipfian.ts';

export default coreWorkload({
  summary: 'YCSB F, read-modify-write: 50 % reads, 50 % read-modify-writes, zipfian',
  mix: { read: 0.5, 'read-modify-write': 0.5 },
  keys: scrambledZipfian,
});
