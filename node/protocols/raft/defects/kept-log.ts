import type { RaftDefect } from '../rules.ts';

const defect: RaftDefect = {
  summary: 'A follower keeps a log that conflicts with the snapshot that it installs.',
  breaks: 'Raft, figure 13, InstallSnapshot, step 7; hashicorp/raft#697: else discard the entire log.',
  violates: 'liveness',
  foundBy: { experiment: 'overtaken-leader', seed: 1 },
  rules: { keepsLog: (ownTerm) => ownTerm >= 0 },
};

export default defect;
