import type { PbftDefect } from '../rules.ts';
import { correctSelection } from '../selection-rules.ts';

const defect: PbftDefect = {
  summary: 'A view begins with what was prepared; shares are reported, and not looked at.',
  breaks:
    'All replicas have shared what the fast path decides, and it leaves nothing else behind: Gueta and others, SBFT (2019).',
  violates: 'safety',
  foundBy: { search: 'node/protocols/pbft/search/search.test.ts' },
  rules: { selection: { ...correctSelection, prefersShared: () => false } },
};

export default defect;
