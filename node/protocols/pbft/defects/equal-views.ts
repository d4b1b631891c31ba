import type { PbftDefect } from '../rules.ts';
import { correctSelection } from '../selection-rules.ts';

const defect: PbftDefect = {
  summary: 'Only shares of the same view are counted together; one for the same batch in a later view does not count.',
  breaks:
    'Whoever shares a batch again in a later view reports the earlier share no more, and did share it: Gueta and others, SBFT (2019).',
  violates: 'safety',
  foundBy: { search: 'node/protocols/pbft/search/search.test.ts' },
  rules: {
    selection: {
      ...correctSelection,
      sharedView: (views, needed) => views.find((view) => views.filter((other) => other === view).length >= needed),
    },
  },
};

export default defect;
