import type { PaxosDefect } from '../rules.ts';

const defect: PaxosDefect = {
  summary: 'Half of the voters are enough, in both phases.',
  breaks:
    'Howard, Malkhi and Spiegelman, Flexible Paxos (arXiv 1608.06696): every quorum of phase 1 meets every quorum of phase 2.',
  violates: 'safety',
  foundBy: { experiment: 'even-split', seed: 1 },
  rules: { quorumSizes: (voters) => ({ phase1: Math.floor(voters / 2), phase2: Math.floor(voters / 2) }) },
};

export default defect;
