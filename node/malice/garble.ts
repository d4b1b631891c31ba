import type { Behaviour } from './kit/behaviour.ts';
import { saying } from './kit/sayings.ts';

/** Every so many messages are garbled, so that some get through and the next are expected. */
const everyNth = 2;

/** Which bit is turned: a linear congruential sequence, with the constants of Numerical Recipes (2007), section 7.1. */
const multiplier = 1_664_525;
const increment = 1_013_904_223;

const behaviour: Behaviour = {
  summary: 'garbles every second message by a bit, now at one place and now at another',
  needs: [],
  leavesProof: false,
  deceive: ({ codec }) => {
    let count = 0;
    let draw = 1;
    return saying((msg) => {
      count += 1;
      if (count % everyNth !== 0) return [msg];
      const bytes = Uint8Array.from(codec.encodeMessage(msg));
      draw = (Math.imul(draw, multiplier) + increment) >>> 0;
      // The lowest bits of such a sequence repeat soon.
      const bit = Math.floor((draw / 2 ** 32) * bytes.length * 8);
      const place = bit >> 3;
      bytes[place] = (bytes[place] ?? 0) ^ (1 << (bit & 7));
      // What is no message any more is dropped by whoever gets it.
      const garbled = codec.decodeMessage(bytes);
      return garbled === null ? [] : [garbled];
    });
  },
};

export default behaviour;
