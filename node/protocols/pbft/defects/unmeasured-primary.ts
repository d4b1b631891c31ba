import type { PbftDefect } from '../rules.ts';

const defect: PbftDefect = {
  summary: 'A primary keeps its place however little it brings about, as long as each batch is decided in time.',
  breaks:
    'Clement and others, "Making Byzantine Fault Tolerant Systems Tolerate Byzantine Faults" (NSDI 2009): a primary that does much less than those before it is replaced.',
  violates: 'liveness',
  foundBy: { experiment: 'slow-primary', seed: 1 },
  rules: { asksForPace: false },
};

export default defect;
