/** The ratios of the sample: required and met, met but not in every round, less being better, and nothing required. */
import type { Ratio } from '../contracts.ts';

const batching = {
  streams:
    'one operation a request; all requests of one turn of the event loop share a message, a log entry and a sync',
  unary: 'one operation a call; those that wait share a log entry and a sync',
  'etcd-put': 'one operation a call; etcd shares a sync between the entries that wait',
  'etcd-txn': 'a hundred puts a transaction: they share a call, a log entry and a sync',
} as const;

export function sampleRatios(): Ratio[] {
  const ours = { system: 'raft', driver: 'streams', batching: batching.streams };
  const theirs = { system: 'etcd', driver: 'etcd-put', batching: batching['etcd-put'] };
  const txn = { system: 'etcd', driver: 'etcd-txn', batching: batching['etcd-txn'] };
  return [
    {
      name: 'puts/s, 1,000 clients',
      unit: 'ops/s',
      ours: { ...ours, value: 130_824 },
      theirs: { ...theirs, value: 18_306 },
      ratio: 7.146,
      min: 6.87,
      max: 7.31,
      better: 'more',
      required: 5,
      aim: 10,
    },
    {
      name: 'puts/s, 1 client',
      unit: 'ops/s',
      ours: { ...ours, value: 2340 },
      theirs: { ...theirs, value: 1071 },
      ratio: 2.185,
      min: 1.96,
      max: 2.24,
      better: 'more',
      required: 2,
      aim: 2,
    },
    {
      name: 'p99 of puts, 1,000 clients',
      unit: 'ms',
      ours: { ...ours, value: 17.6 },
      theirs: { ...theirs, value: 125.6 },
      ratio: 0.1401,
      min: 0.136,
      max: 0.146,
      better: 'less',
      required: 0.5,
      aim: 0.1,
    },
    {
      name: 'puts/s against transactions, 1,000 clients',
      unit: 'ops/s',
      ours: { ...ours, value: 130_824 },
      theirs: { ...txn, value: 42_022 },
      ratio: 3.113,
      min: 2.98,
      max: 3.2,
      better: 'more',
      required: null,
      aim: null,
    },
  ];
}
