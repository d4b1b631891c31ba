import type { Behaviour } from './kit/behaviour.ts';
import { saying } from './kit/sayings.ts';

/** It asks for the next epochs, one after the other, this many of them. */
const ahead = 50;

/** No epoch begins, and none is left, because f replicas want it. */
const behaviour: Behaviour = {
  summary: 'asks for a later epoch with all that it says',
  needs: ['leaving'],
  leavesProof: false,
  deceive: ({ forgery, config, view }) => {
    let count = 0;
    return saying((msg) => {
      count += 1;
      const request = forgery.leaving?.(view().epoch + 1 + (count % ahead), config);
      return request === undefined ? [msg] : [msg, request];
    });
  },
};

export default behaviour;
