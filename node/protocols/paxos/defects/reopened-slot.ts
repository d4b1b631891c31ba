import type { PaxosDefect } from '../rules.ts';

const defect: PaxosDefect = {
  summary:
    'An acceptor promises and accepts in slots that are known to be chosen, of which it has forgotten everything.',
  breaks: 'Lamport, Paxos Made Simple, section 2.2, P2c: whoever proposes knows what a quorum has accepted.',
  violates: 'safety',
  foundBy: { experiment: 'leader-isolated', seed: 1 },
  rules: { reopensChosen: true },
};

export default defect;
