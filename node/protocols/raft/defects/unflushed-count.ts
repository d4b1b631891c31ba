import type { RaftDefect } from '../rules.ts';

const defect: RaftDefect = {
  summary: 'A leader counts its own copy of an entry as soon as it is written, and not once it is durable.',
  breaks: 'Ongaro, dissertation, section 10.2.1: a leader may flush in parallel, and counts itself afterwards.',
  violates: 'safety',
  foundBy: { experiment: 'slow-leader-disk', seed: 1 },
  rules: { countsUnflushed: true },
};

export default defect;
