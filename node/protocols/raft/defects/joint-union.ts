import type { RaftDefect } from '../rules.ts';

const defect: RaftDefect = {
  summary: 'A joint configuration decides by a majority of all its voters together, not of each half.',
  breaks: 'Ongaro, dissertation, section 4.3: agreement takes separate majorities from both configurations.',
  violates: 'safety',
  foundBy: { experiment: 'members-change', seed: 31 },
  rules: {
    tally: ({ voters, outgoing }, test) => {
      const union = [...new Set([...voters, ...outgoing])];
      return union.filter(test).length > union.length / 2;
    },
  },
};

export default defect;
