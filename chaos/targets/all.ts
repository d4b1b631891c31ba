import type { Target } from '../contracts/faults.ts';
import { running } from '../running.ts';

const target: Target = {
  summary: 'every replica that runs',
  choose: ({ statuses }) => running(statuses).map(({ node }) => node),
};

export default target;
