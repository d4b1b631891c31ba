import type { Behaviour } from './kit/behaviour.ts';
import { adding } from './kit/sayings.ts';

const behaviour: Behaviour = {
  summary: 'votes in the last phase at once, though nobody has certified anything',
  needs: ['uncertified'],
  leavesProof: false,
  deceive: ({ forgery, config }) => adding((msg) => forgery.uncertified?.(msg, config)),
};

export default behaviour;
