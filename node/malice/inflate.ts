import type { Behaviour } from './kit/behaviour.ts';
import { forging } from './kit/sayings.ts';

const behaviour: Behaviour = {
  summary: 'tells a new leader of votes in slots that are far ahead',
  needs: ['inflated'],
  leavesProof: false,
  deceive: ({ forgery, config }) => forging((msg) => forgery.inflated?.(msg, config)),
};

export default behaviour;
