import type { PbftDefect } from '../rules.ts';
import { correctSelection } from '../selection-rules.ts';

const defect: PbftDefect = {
  summary: 'f reports of a share are believed, which may all be lies.',
  breaks: 'Castro and Liskov (1999), section 3: of f replicas all may be malicious; among f + 1 one is honest.',
  violates: 'safety',
  foundBy: { search: 'node/protocols/pbft/search/search.test.ts' },
  rules: { selection: { ...correctSelection, reportsNeeded: ({ f }) => f } },
};

export default defect;
