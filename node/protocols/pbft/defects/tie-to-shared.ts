import type { PbftDefect } from '../rules.ts';
import { correctSelection } from '../selection-rules.ts';

const defect: PbftDefect = {
  summary: 'Shares are preferred to a prepared certificate of the same view.',
  breaks:
    'Where a quorum has shared one batch the fast path cannot have decided another in that view: two quorums share an honest replica.',
  violates: 'safety',
  foundBy: { search: 'node/protocols/pbft/search/search.test.ts' },
  rules: { selection: { ...correctSelection, prefersShared: (shared, prepared) => shared >= prepared } },
};

export default defect;
