import type { MultiPaxosDefect } from '../rules.ts';

const defect: MultiPaxosDefect = {
  summary: 'An acceptor keeps one ballot for what it promised and what it accepted.',
  breaks: 'Lamport, Paxos Made Simple, section 2.2, P2c; Michael et al., arXiv 1906.10917.',
  violates: 'safety',
  foundBy: { experiment: 'lonely-candidate', seed: 85 },
  rules: { reportedBallot: (_accepted, promisedBefore) => promisedBefore },
};

export default defect;
