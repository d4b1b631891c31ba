import type { Target } from '../contracts/faults.ts';
import { running } from '../running.ts';

const target: Target = {
  summary: 'any one replica, at random',
  choose: ({ statuses, random }) =>
    random.sample(
      running(statuses).map(({ node }) => node),
      1,
    ),
};

export default target;
