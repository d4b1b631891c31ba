import type { MultiPaxosDefect } from '../rules.ts';

const defect: MultiPaxosDefect = {
  summary: 'A replica does not write down its own ballots: after a restart it may use one again, for other values.',
  breaks:
    'Lamport, Paxos Made Simple, section 2.5: the highest number that a proposer tried is on stable storage before it is used.',
  violates: 'safety',
  foundBy: { experiment: 'reborn-candidate', seed: 92 },
  rules: { recordsPromise: (ballot, id) => ballot.node !== id },
};

export default defect;
