import type { PbftDefect } from '../rules.ts';
import { correctSelection } from '../selection-rules.ts';

const defect: PbftDefect = {
  summary: 'All 2f + 1 replicas of a view change have to report a share, though f of them may lie.',
  breaks: 'Castro and Liskov (1999), section 3: of 2f + 1 replicas f may be malicious, and f + 1 are left that tell.',
  violates: 'safety',
  foundBy: { search: 'node/protocols/pbft/search/search.test.ts' },
  rules: { selection: { ...correctSelection, reportsNeeded: ({ quorum }) => quorum } },
};

export default defect;
