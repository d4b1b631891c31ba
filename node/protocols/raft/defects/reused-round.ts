import type { RaftDefect } from '../rules.ts';

const defect: RaftDefect = {
  summary: 'Rounds of confirmation reuse two numbers, so that an echo of an old one confirms a new read.',
  breaks:
    'Ongaro, dissertation, section 6.4, step 3; etcd-io/etcd#20418: what confirms a read was asked after it came.',
  violates: 'safety',
  foundBy: { experiment: 'stale-leader', seed: 1 },
  rules: { nextRound: (round) => (round % 2) + 1 },
};

export default defect;
