import type { Behaviour } from './kit/behaviour.ts';
import { adding } from './kit/sayings.ts';

/** One vote of each replica may count, however many it gives. */
const behaviour: Behaviour = {
  summary: 'says all that it says for one value for another one (nothing) as well, to everybody',
  needs: ['withValue'],
  leavesProof: true,
  deceive: ({ forgery, config }) => adding((msg) => forgery.withValue?.(msg, new Uint8Array(0), config)),
};

export default behaviour;
