import type { MultiPaxosDefect } from '../rules.ts';

const defect: MultiPaxosDefect = {
  summary: 'A new leader answers reads while values that it found accepted are not chosen yet.',
  breaks: 'CASSANDRA-12126: a value that may have been chosen is proposed again before a read is answered without it.',
  violates: 'safety',
  foundBy: { experiment: 'new-leader', seed: 7 },
  rules: { readsBeforeRecovery: true },
};

export default defect;
