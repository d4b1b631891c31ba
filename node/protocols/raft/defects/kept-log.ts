import type { RaftDefect } from '../rules.ts';

const defect: RaftDefect = {
  summary: 'A follower keeps its log as it is under a snapshot that it installs, though it does not lead there.',
  breaks: 'Raft, figure 13, InstallSnapshot, step 7; hashicorp/raft#697: else discard the entire log.',
  violates: 'safety',
  foundBy: { experiment: 'overtaken-leader', seed: 1 },
  rules: { keepsLog: () => true },
};

export default defect;
