import type { PbftDefect } from '../rules.ts';

const defect: PbftDefect = {
  summary: 'A replica answers clients only for what it decided itself, and not for what it learned from others.',
  breaks:
    'Berger, Reiser and Bessani (2021): with quorum reads clients need 2f + 1 replies, and f honest replicas may be shut out.',
  violates: 'liveness',
  foundBy: { experiment: 'kept-in-the-dark', seed: 1 },
  rules: {},
  desk: { answersForOthers: false },
};

export default defect;
