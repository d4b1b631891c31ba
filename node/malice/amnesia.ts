import type { Behaviour } from './kit/behaviour.ts';
import { forging } from './kit/sayings.ts';

const behaviour: Behaviour = {
  summary: 'tells a new leader nothing of what it has voted for, as if it had forgotten it',
  needs: ['withoutVotes'],
  leavesProof: false,
  deceive: ({ forgery, config }) => forging((msg) => forgery.withoutVotes?.(msg, config)),
};

export default behaviour;
