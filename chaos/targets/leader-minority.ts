import type { Target } from '../contracts/faults.ts';
import { leaderAmong, running } from '../running.ts';

const target: Target = {
  summary: 'the leader and as many others as the protocol tolerates in all',
  choose: ({ statuses, tolerated, random }) => {
    const up = running(statuses);
    const leader = leaderAmong(up);
    if (leader === undefined) return [];
    const others = up.map(({ node }) => node).filter((node) => node !== leader);
    return [leader, ...random.sample(others, tolerated - 1)];
  },
};

export default target;
