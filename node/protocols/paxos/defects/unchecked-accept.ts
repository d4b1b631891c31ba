import type { PaxosDefect } from '../rules.ts';

const defect: PaxosDefect = {
  summary: 'An acceptor accepts under any ballot, whatever it has promised.',
  breaks: 'Lamport, Paxos Made Simple, section 2.2, P1a (scylladb/scylladb#6139).',
  violates: 'safety',
  foundBy: { experiment: 'duelling-proposers', seed: 1 },
  rules: { accepts: () => true },
};

export default defect;
