import type { MultiPaxosDefect } from '../rules.ts';

const defect: MultiPaxosDefect = {
  summary: 'An acceptor promises a ballot to another replica while the lease of its leader runs.',
  breaks: 'Chandra, Griesemer and Redstone, Paxos Made Live, section 5.2: nobody else can lead while a lease runs.',
  violates: 'safety',
  foundBy: { experiment: 'challenged-lease', seed: 2 },
  rules: { holdsForLeader: false },
};

export default defect;
