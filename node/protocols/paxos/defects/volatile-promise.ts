import type { PaxosDefect } from '../rules.ts';

const defect: PaxosDefect = {
  summary: 'A replica writes down no promise: after a restart it may break it, or use a ballot of its own again.',
  breaks: 'Lamport, Paxos Made Simple, section 2.5: what was promised is on stable storage before it is answered.',
  violates: 'safety',
  foundBy: { experiment: 'split-vote', seed: 1 },
  rules: { recordsPromise: () => false },
};

export default defect;
