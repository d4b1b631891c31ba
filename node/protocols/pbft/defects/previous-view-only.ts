import type { PbftDefect } from '../rules.ts';

const defect: PbftDefect = {
  summary: 'A replica reports its share only if it sent it in the view right before the new one.',
  breaks: 'Castro and Liskov (1999), section 4.4: a VIEW-CHANGE tells of all that its sender did in the views before.',
  violates: 'safety',
  foundBy: { search: 'node/protocols/pbft/search/search.test.ts' },
  rules: { reportedShare: ({ last }, view) => (last.view === view - 1 ? last : undefined) },
};

export default defect;
