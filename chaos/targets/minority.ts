import type { Target } from '../contracts/faults.ts';
import { running } from '../running.ts';

const target: Target = {
  summary: 'as many running replicas as the protocol tolerates, at random, the leader or not',
  choose: ({ statuses, tolerated, random }) =>
    random.sample(
      running(statuses).map(({ node }) => node),
      tolerated,
    ),
};

export default target;
