import type { RaftDefect } from '../rules.ts';

const defect: RaftDefect = {
  summary: 'A new leader answers reads before it has committed an entry of its own term.',
  breaks:
    'Ongaro, dissertation, section 6.4, step 1; etcd-io/etcd#7331: until then it does not know what is committed.',
  violates: 'safety',
  foundBy: { experiment: 'new-leader', seed: 17 },
  rules: { readsBeforeCommit: true },
};

export default defect;
