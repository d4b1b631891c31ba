import type { PbftDefect } from '../rules.ts';
import { correctSelection } from '../selection-rules.ts';

const defect: PbftDefect = {
  summary: 'Any prepared certificate is preferred to shares, also to those of a later view.',
  breaks:
    'What may have been decided in the later view counts: Abraham and others, Thelma, Velma, and Zelma (arXiv 1801.10022), section 1.',
  violates: 'safety',
  foundBy: { search: 'node/protocols/pbft/search/search.test.ts' },
  rules: { selection: { ...correctSelection, prefersShared: (_shared, prepared) => prepared < 0 } },
};

export default defect;
