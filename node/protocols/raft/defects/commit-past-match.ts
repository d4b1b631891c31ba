import type { RaftDefect } from '../rules.ts';

const defect: RaftDefect = {
  summary: "A follower commits as far as its leader has, whether or not its own log is known to equal the leader's.",
  breaks: 'Raft, figure 2, AppendEntries, step 5: min(leaderCommit, index of last new entry).',
  violates: 'safety',
  foundBy: { experiment: 'leader-isolated', seed: 1 },
  rules: { commitIndexFor: (leaderCommit, _matched, lastIndex) => Math.min(leaderCommit, lastIndex) },
};

export default defect;
