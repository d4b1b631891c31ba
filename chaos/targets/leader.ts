import type { Target } from '../contracts/faults.ts';
import { leaderAmong, running } from '../running.ts';

const target: Target = {
  summary: 'the replica that leads (of several that believe so, the one of the highest epoch)',
  choose: ({ statuses }) => {
    const leader = leaderAmong(running(statuses));
    return leader === undefined ? [] : [leader];
  },
};

export default target;
