import type { Behaviour } from './kit/behaviour.ts';
import { forging } from './kit/sayings.ts';

const behaviour: Behaviour = {
  summary: 'sends batches that are not those of their digests',
  needs: ['withHiddenValue'],
  leavesProof: false,
  deceive: ({ forgery }) => forging((msg) => forgery.withHiddenValue?.(msg, Uint8Array.of(0, 0, 0, 0))),
};

export default behaviour;
