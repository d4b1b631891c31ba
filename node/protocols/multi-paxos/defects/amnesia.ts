import type { MultiPaxosDefect } from '../rules.ts';

const defect: MultiPaxosDefect = {
  summary: 'An acceptor that lost its disk votes at once, and breaks promises that it has forgotten.',
  breaks:
    'Chandra, Griesemer and Redstone, Paxos Made Live, section 5.1: it takes part without a vote until it is safe.',
  violates: 'safety',
  foundBy: { experiment: 'amnesia', seed: 1 },
  rules: { abstainsAfterLoss: false },
};

export default defect;
