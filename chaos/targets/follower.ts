import type { Target } from '../contracts.ts';
import { leaderAmong, running } from '../running.ts';

const target: Target = {
  summary: 'a random replica that does not lead',
  choose: ({ statuses, random }) => {
    const up = running(statuses);
    const leader = leaderAmong(up);
    return random.sample(
      up.map(({ node }) => node).filter((node) => node !== leader),
      1,
    );
  },
};

export default target;
