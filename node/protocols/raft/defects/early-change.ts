import type { RaftDefect } from '../rules.ts';

const defect: RaftDefect = {
  summary: 'A leader changes the configuration before it has committed an entry of its own term.',
  breaks: 'Ongaro, "bug in single-server membership changes" (raft-dev, 2015): two leaders may change it apart.',
  violates: 'safety',
  foundBy: { experiment: 'concurrent-changes', seed: 3 },
  rules: { changesBeforeCommit: true },
};

export default defect;
