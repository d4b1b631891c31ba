import type { Target } from '../contracts/faults.ts';
import { running } from '../running.ts';

const target: Target = {
  summary: 'half of the replicas, rounded down, at random, the leader among them or not',
  choose: ({ statuses, random }) =>
    random.sample(
      running(statuses).map(({ node }) => node),
      Math.floor(statuses.length / 2),
    ),
};

export default target;
