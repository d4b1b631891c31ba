import type { PbftDefect } from '../rules.ts';

const defect: PbftDefect = {
  summary: 'A replica reports the first share that it sent in a slot, and none that it sent in later views.',
  breaks: 'Castro and Liskov (1999), section 4.4: a VIEW-CHANGE tells of all that its sender did in the views before.',
  violates: 'safety',
  foundBy: { search: 'node/protocols/pbft/search/search.test.ts' },
  rules: { reportedShare: ({ first }) => first },
};

export default defect;
