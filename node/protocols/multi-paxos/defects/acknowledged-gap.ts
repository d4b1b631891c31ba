import type { MultiPaxosDefect } from '../rules.ts';

const defect: MultiPaxosDefect = {
  summary: 'An acceptor acknowledges what comes behind a gap, and the gap with it.',
  breaks: 'Lamport, Paxos Made Simple, section 2.2: a value is chosen when a majority has accepted it.',
  violates: 'safety',
  foundBy: { experiment: 'flapping-leader', seed: 4 },
  rules: { acceptsBehindGap: true },
};

export default defect;
