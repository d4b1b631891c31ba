import type { Behaviour } from './kit/behaviour.ts';
import { forging } from './kit/sayings.ts';

/** The order of the group, L, little-endian: RFC 8032, section 5.1. */
const order = Uint8Array.from(Buffer.from('edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010', 'hex'));
/** Where S begins in a signature. */
const scalarAt = 32;

/** The signature with S + L in place of S, by which the equation of RFC 8032, section 5.1.7, holds as well. */
function withLargerScalar(bytes: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(bytes);
  let carry = 0;
  for (const [place, digit] of order.entries()) {
    const sum = (copy[scalarAt + place] ?? 0) + digit + carry;
    copy[scalarAt + place] = sum & 0xff;
    carry = sum >> 8;
  }
  return copy;
}

/** Verifiers that differ about such signatures would let a message be good for some replicas only (eprint 2020/1244). */
const behaviour: Behaviour = {
  summary: 'signs all that it says with signatures that are not canonical',
  needs: ['sealOf', 'withSeal'],
  leavesProof: false,
  deceive: ({ forgery }) =>
    forging((msg) => {
      const seal = forgery.sealOf?.(msg);
      return seal && forgery.withSeal?.(msg, { ...seal, bytes: withLargerScalar(seal.bytes) });
    }),
};

export default behaviour;
