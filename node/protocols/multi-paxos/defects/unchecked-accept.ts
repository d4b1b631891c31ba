import type { MultiPaxosDefect } from '../rules.ts';

const defect: MultiPaxosDefect = {
  summary: 'An acceptor accepts under any ballot, whatever it has promised.',
  breaks: 'Lamport, Paxos Made Simple, section 2.2, P1a (scylladb/scylladb#6139).',
  violates: 'safety',
  foundBy: { experiment: 'returning-leader', seed: 6 },
  rules: { accepts: () => true },
};

export default defect;
