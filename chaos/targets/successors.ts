import type { Target } from '../contracts/faults.ts';
import { leaderAmong, running } from '../running.ts';

const target: Target = {
  summary: 'as many as the protocol tolerates of those behind the leader, who lead next where leading goes by turns',
  choose: ({ statuses, tolerated }) => {
    const up = running(statuses);
    const at = up.findIndex(({ node }) => node === leaderAmong(up));
    if (at < 0) return [];
    const others = [...up.slice(at + 1), ...up.slice(0, at)];
    return others.slice(0, tolerated).map(({ node }) => node);
  },
};

export default target;
