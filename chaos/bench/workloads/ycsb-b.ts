/** YCSB workload B, read mostly: photo tagging; adding a tag is an update, but most operations are to read tags. */

import { coreWorkload } from '../core-workload.ts';
import { scrambledZipfian } from '../keys/scrambled-zipfian.ts';

export default coreWorkload({
  summary: 'YCSB B, read mostly: 95 % reads, 5 % updates, zipfian',
  mix: { read: 0.95, update: 0.05 },
  keys: scrambledZipfian,
});
