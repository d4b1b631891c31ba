import type { Behaviour } from './kit/behaviour.ts';
import { forging } from './kit/sayings.ts';
import { withOtherValues } from './kit/tampering.ts';

/** Validity: only what a client has asked for is ever decided. */
const behaviour: Behaviour = {
  summary: 'proposes commands that no client has sent',
  needs: ['valueIn', 'withValue'],
  leavesProof: false,
  deceive: ({ forgery, config }) =>
    forging((msg) => {
      const value = forgery.valueIn?.(msg);
      return value === undefined || value.length === 0
        ? undefined
        : forgery.withValue?.(msg, withOtherValues(value, config), config);
    }),
};

export default behaviour;
