import type { MultiPaxosDefect } from '../rules.ts';

const defect: MultiPaxosDefect = {
  summary:
    'A new leader takes every list of accepted values to begin where it asked, also where the acceptor knew more.',
  breaks: 'Lamport, Paxos Made Simple, section 3: every slot is an instance of its own.',
  violates: 'safety',
  foundBy: { experiment: 'lagging-candidate', seed: 2 },
  rules: { recoveredSlot: (_runFrom, offset, preparedFrom) => preparedFrom + offset },
};

export default defect;
