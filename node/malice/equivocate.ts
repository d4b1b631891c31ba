import type { Behaviour } from './kit/behaviour.ts';
import { forging } from './kit/sayings.ts';
import { isOnOtherSide } from './kit/sides.ts';

/** Castro and Liskov (1999), section 4.2: no two batches may be prepared in one slot of one view. */
const behaviour: Behaviour = {
  summary: 'proposes, and votes for, one value to some and another (nothing) to others',
  needs: ['withValue'],
  leavesProof: true,
  deceive: (malice) =>
    forging((msg, to) =>
      isOnOtherSide(malice, to) ? malice.forgery.withValue?.(msg, new Uint8Array(0), malice.config) : undefined,
    ),
};

export default behaviour;
