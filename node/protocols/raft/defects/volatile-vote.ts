import type { RaftDefect } from '../rules.ts';

const defect: RaftDefect = {
  summary: 'The vote is not durable: after a restart a replica may vote again in the same term.',
  breaks: 'Raft, section 5.2 and figure 2: votedFor is on stable storage before a vote is answered.',
  violates: 'safety',
  foundBy: { experiment: 'split-vote', seed: 32 },
  rules: { voteRecord: (term) => ({ kind: 'vote', term, votedFor: null }) },
};

export default defect;
