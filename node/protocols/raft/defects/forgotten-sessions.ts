import type { RaftDefect } from '../rules.ts';

const defect: RaftDefect = {
  summary: 'A snapshot does not say what each session did last, so that a retry after it is applied a second time.',
  breaks: 'Ongaro, dissertation, section 6.3: the table of sessions is part of the state that a snapshot holds.',
  violates: 'safety',
  foundBy: { experiment: 'snapshot-leader-dies', seed: 1 },
  rules: {},
  machine: { snapshotsSessions: false },
};

export default defect;
