import type { Behaviour } from './kit/behaviour.ts';
import { forging } from './kit/sayings.ts';
import { isOnOtherSide } from './kit/sides.ts';

/**
 * Castro and Liskov (1999), section 4.2: no two batches may be prepared in one slot of one view. What it has voted for it tells
 * one side only, where a new leader wants to know.
 */
const behaviour: Behaviour = {
  summary: 'proposes, and votes for, one value to some and another (nothing) to others',
  needs: ['withValue'],
  leavesProof: true,
  deceive: (malice) => {
    const { forgery, config } = malice;
    return forging((msg, to) => {
      if (!isOnOtherSide(malice, to)) return undefined;
      return forgery.withValue?.(msg, new Uint8Array(0), config) ?? forgery.withoutVotes?.(msg, config);
    });
  },
};

export default behaviour;
