import type { RaftDefect } from '../rules.ts';

const defect: RaftDefect = {
  summary: 'No PreVote, no CheckQuorum: any replica may disturb a leader, and one that reaches nobody goes on leading.',
  breaks: 'Ongaro, dissertation, sections 9.6, 6.2 and 4.2.3.',
  violates: 'liveness',
  foundBy: { experiment: 'partial-connectivity', seed: 1 },
  rules: { asksBeforeElection: false, checksQuorum: false },
};

export default defect;
