import type { Target } from '../contracts.ts';

const target: Target = {
  summary: 'every replica',
  choose: ({ statuses }) => statuses.map(({ node }) => node),
};

export default target;
