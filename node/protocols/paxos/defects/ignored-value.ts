import type { PaxosDefect } from '../rules.ts';

const defect: PaxosDefect = {
  summary: 'A proposer goes on with what it wants itself, though others have accepted something in its slot.',
  breaks: 'Lamport, Paxos Made Simple, section 2.2, P2c: the value of the highest ballot that was accepted.',
  violates: 'safety',
  foundBy: { experiment: 'duelling-proposers', seed: 1 },
  rules: { adoptsFound: false },
};

export default defect;
