import type { PaxosDefect } from '../rules.ts';

const defect: PaxosDefect = {
  summary: 'An acceptor keeps one ballot for what it promised and what it accepted.',
  breaks: 'Lamport, Paxos Made Simple, section 2.2, P2c; Michael et al., arXiv 1906.10917.',
  violates: 'safety',
  foundBy: { experiment: 'duelling-proposers', seed: 1 },
  rules: { reportedBallot: (_accepted, promisedBefore) => promisedBefore },
};

export default defect;
