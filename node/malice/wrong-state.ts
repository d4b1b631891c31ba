import type { Behaviour } from './kit/behaviour.ts';
import { forging } from './kit/sayings.ts';

const behaviour: Behaviour = {
  summary: 'vouches for states that nobody has come to, and sends them to who lacks one',
  needs: ['withOtherState'],
  leavesProof: false,
  deceive: ({ forgery, config }) => forging((msg) => forgery.withOtherState?.(msg, config)),
};

export default behaviour;
