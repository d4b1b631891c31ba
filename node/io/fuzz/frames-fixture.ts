/** Frames around messages, most of them sound. */
import { encodeFrame } from '../peer-frames.ts';
import type { Draws } from './draws-fixture.ts';
import { flipped, truncated } from './mutations-fixture.ts';

/**
 * A frame that carries one message, as the next of its call. One in ten is damaged itself: bits, its end, its number, or that
 * its message goes on in a next one, which is not so.
 */
export function frameAround(bytes: Uint8Array, sequence: number, draws: Draws): Buffer {
  const frame = (number: number, unfinished: boolean) =>
    encodeFrame({ sequence: number, sentAtMs: 1, messages: [bytes], unfinished });
  if (!draws.chance(0.1)) return frame(sequence, false);
  const sound = frame(sequence, false);
  switch (draws.below(4)) {
    case 0:
      return flipped(sound, draws);
    case 1:
      return truncated(sound, draws);
    case 2:
      return frame(1 + draws.below(sequence + 2), false);
    default:
      return frame(sequence, true);
  }
}
