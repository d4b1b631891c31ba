import type { Target } from '../contracts/faults.ts';
import { running } from '../running.ts';

const target: Target = {
  summary: 'one replica more than the protocol tolerates, at random: without them no quorum is left',
  choose: ({ statuses, tolerated, random }) =>
    random.sample(
      running(statuses).map(({ node }) => node),
      tolerated + 1,
    ),
};

export default target;
