import type { RaftDefect } from '../rules.ts';

const defect: RaftDefect = {
  summary: 'A follower writes what it is sent over the end of its log without looking for a conflict first.',
  breaks: 'Raft, section 5.3 and figure 2, AppendEntries, step 3: only a conflict deletes what follows.',
  violates: 'safety',
  foundBy: { experiment: 'lossy-links', seed: 1 },
  rules: { replaces: () => true },
};

export default defect;
