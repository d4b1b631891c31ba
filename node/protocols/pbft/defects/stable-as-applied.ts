import type { PbftDefect } from '../rules.ts';

const defect: PbftDefect = {
  summary:
    'A replica takes what a quorum has applied for what it has applied itself, and never asks for what it lacks.',
  breaks:
    'Castro and Liskov (1999), section 4.3: who learns of a stable checkpoint that it has not come to needs the state first.',
  violates: 'liveness',
  foundBy: { experiment: 'rejoin', seed: 1 },
  rules: { appliedTo: (applied, stable) => Math.max(applied, stable) },
};

export default defect;
