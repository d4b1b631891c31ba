import type { PaxosDefect } from '../rules.ts';

const defect: PaxosDefect = {
  summary: 'A read is answered while a value that it found accepted is not chosen yet.',
  breaks: 'CASSANDRA-12126: a value that may have been chosen is proposed again before a read is answered without it.',
  violates: 'safety',
  foundBy: { experiment: 'stale-leader', seed: 6 },
  rules: { finishesPending: false },
};

export default defect;
