import type { PbftDefect } from '../rules.ts';

const defect: PbftDefect = {
  summary: 'A new primary numbers its batches from 1 again.',
  breaks: 'Castro and Liskov (1999), section 4.4: sequence numbers go on from one view to the next.',
  violates: 'liveness',
  foundBy: { experiment: 'leader-crash', seed: 1 },
  rules: { firstFreeSlot: () => 1 },
};

export default defect;
