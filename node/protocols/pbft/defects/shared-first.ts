import type { PbftDefect } from '../rules.ts';
import { correctSelection } from '../selection-rules.ts';

const defect: PbftDefect = {
  summary: 'Shares are preferred to any prepared certificate, also to one of a later view.',
  breaks:
    'What may have been decided in the later view counts: Abraham and others, Thelma, Velma, and Zelma (arXiv 1801.10022), section 1.',
  violates: 'safety',
  foundBy: { search: 'node/protocols/pbft/search/search.test.ts' },
  rules: { selection: { ...correctSelection, prefersShared: () => true } },
};

export default defect;
