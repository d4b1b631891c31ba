import type { MultiPaxosDefect } from '../rules.ts';

const defect: MultiPaxosDefect = {
  summary:
    'An acceptor gives up what is chosen, and does not say so when it promises: a leader that lags takes these slots for free.',
  breaks: 'Lamport, Paxos Made Simple, section 2.2, P2c: whoever proposes knows what a quorum has accepted.',
  violates: 'safety',
  foundBy: { experiment: 'lagging-candidate', seed: 2 },
  rules: { reportedChosenTo: () => 0 },
};

export default defect;
