import type { PbftDefect } from '../rules.ts';

const defect: PbftDefect = {
  summary: 'A view is given the same time, however many came to nothing before.',
  breaks: 'Castro and Liskov (1999), section 4.4: the time-out doubles with each view change.',
  violates: 'liveness',
  foundBy: { experiment: 'long-way', seed: 1 },
  rules: { patienceFactor: () => 1 },
};

export default defect;
