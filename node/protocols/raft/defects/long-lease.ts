import type { RaftDefect } from '../rules.ts';

const defect: RaftDefect = {
  summary: 'A lease lasts three of the longest election time-outs, in which others may well have elected a leader.',
  breaks: 'Ongaro, dissertation, section 6.4.1: it ends before anybody who confirmed it may vote again.',
  violates: 'safety',
  foundBy: { experiment: 'lease-reads', seed: 3 },
  rules: { leaseMs: ([, longest]) => 3 * longest },
};

export default defect;
