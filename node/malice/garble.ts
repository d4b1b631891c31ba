import type { Behaviour } from './kit/behaviour.ts';
import { saying } from './kit/sayings.ts';

/** Every so many messages are garbled, so that some get through and the next are expected. */
const everyNth = 2;

const behaviour: Behaviour = {
  summary: 'garbles the bytes of every second message',
  needs: [],
  leavesProof: false,
  deceive: ({ codec }) => {
    let count = 0;
    return saying((msg) => {
      count += 1;
      if (count % everyNth !== 0) return [msg];
      const bytes = Uint8Array.from(codec.encodeMessage(msg));
      const place = count % bytes.length;
      bytes[place] = (bytes[place] ?? 0) ^ (1 << (count % 8));
      // What is no message any more is dropped by whoever gets it.
      const garbled = codec.decodeMessage(bytes);
      return garbled === null ? [] : [garbled];
    });
  },
};

export default behaviour;
