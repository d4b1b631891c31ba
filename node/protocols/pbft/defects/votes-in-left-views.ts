import type { PbftDefect } from '../rules.ts';

const defect: PbftDefect = {
  summary: 'A replica still shares and commits in a view after its VIEW-CHANGE, which cannot tell of that.',
  breaks:
    'Castro and Liskov (1999), section 4.4: who has sent a VIEW-CHANGE takes no more part in the view that it leaves.',
  violates: 'safety',
  foundBy: { search: 'node/protocols/pbft/search/search.test.ts' },
  rules: { votesInLeftViews: true },
};

export default defect;
