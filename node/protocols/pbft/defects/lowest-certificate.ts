import type { PbftDefect } from '../rules.ts';
import { correctSelection } from '../selection-rules.ts';

const defect: PbftDefect = {
  summary: 'Of several prepared certificates the one of the lowest view counts.',
  breaks: 'Castro and Liskov (1999), section 4.4: an older certificate may be of a batch that was never decided.',
  violates: 'safety',
  foundBy: { search: 'node/protocols/pbft/search/search.test.ts' },
  rules: { selection: { ...correctSelection, supersedes: (candidate, best) => candidate < best } },
};

export default defect;
