import type { MultiPaxosDefect } from '../rules.ts';

const defect: MultiPaxosDefect = {
  summary: 'A leader answers reads without asking whether it still leads.',
  breaks: 'Lamport, Paxos Made Simple, section 3: whoever was replaced may not know it.',
  violates: 'safety',
  foundBy: { experiment: 'stale-leader', seed: 1 },
  rules: { confirmsReads: false },
};

export default defect;
