import type { Behaviour } from './kit/behaviour.ts';
import { forging } from './kit/sayings.ts';

/** More than one batch may be long. */
const bytes = 8 << 20;

const behaviour: Behaviour = {
  summary: `proposes batches of ${bytes >> 20} MiB`,
  needs: ['valueIn', 'withValue'],
  leavesProof: false,
  deceive: ({ forgery, config }) => {
    const value = new Uint8Array(bytes);
    return forging((msg) =>
      forgery.valueIn?.(msg) === undefined ? undefined : forgery.withValue?.(msg, value, config),
    );
  },
};

export default behaviour;
