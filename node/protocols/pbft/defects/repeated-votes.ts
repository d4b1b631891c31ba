import type { PbftDefect } from '../rules.ts';

const defect: PbftDefect = {
  summary: 'A vote that comes again counts again.',
  breaks: 'Castro and Liskov (1999), section 4.2: a quorum is of 2f + 1 different replicas.',
  violates: 'safety',
  foundBy: { experiment: 'small-corner', seed: 1 },
  rules: { countsRepeats: true },
};

export default defect;
