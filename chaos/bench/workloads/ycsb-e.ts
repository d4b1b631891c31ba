/** YCSB workload E, short ranges: threaded conversations; a scan is for the posts of a thread. */

import { coreWorkload } from '../core-workload.ts';
import { scrambledZipfian } from '../keys/scrambled-zipfian.ts';

export default coreWorkload({
  summary: 'YCSB E, short ranges: 95 % scans of 1 to 100 records, 5 % inserts, zipfian',
  mix: { scan: 0.95, insert: 0.05 },
  keys: scrambledZipfian,
});
