import type { Behaviour } from './kit/behaviour.ts';
import { forging } from './kit/sayings.ts';

/** One bit differs. */
function broken(bytes: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[0] = (copy[0] ?? 0) ^ 1;
  return copy;
}

const behaviour: Behaviour = {
  summary: 'signs all that it says with signatures that are none',
  needs: ['sealOf', 'withSeal'],
  leavesProof: false,
  deceive: ({ forgery }) =>
    forging((msg) => {
      const seal = forgery.sealOf?.(msg);
      return seal && forgery.withSeal?.(msg, { ...seal, bytes: broken(seal.bytes) });
    }),
};

export default behaviour;
