import type { Target } from '../contracts.ts';

const target: Target = {
  summary: 'as many replicas as the protocol tolerates, at random, the leader or not',
  choose: ({ statuses, tolerated, random }) =>
    random.sample(
      statuses.map(({ node }) => node),
      tolerated,
    ),
};

export default target;
