import type { RaftDefect } from '../rules.ts';

const defect: RaftDefect = {
  summary: 'Commits entries of earlier terms by counting the replicas that store them.',
  breaks: 'Raft, section 5.4.2 and figure 8: only entries of the current term are committed by counting.',
  violates: 'safety',
  foundBy: { experiment: 'figure-8', seed: 33 },
  rules: { commitsByCounting: () => true },
};

export default defect;
