import type { RaftDefect } from '../rules.ts';

const defect: RaftDefect = {
  summary: 'A leader answers reads at once, without asking a majority whether it still leads.',
  breaks: 'Ongaro, dissertation, section 6.4: leadership is confirmed after the read has come (ReadIndex).',
  violates: 'safety',
  foundBy: { experiment: 'stale-leader', seed: 1 },
  rules: { confirmsReads: false },
};

export default defect;
