/**
 * Which points and scalars of Ed25519 are taken, before a library is asked. RFC 8032 leaves open how some are to be judged,
 * and libraries differ: Chalkias, Garillot and Nikolaenko, "Taming the many EdDSAs", 2020, eprint 2020/1244. Replicas must
 * not, or a message would be good for some of them only.
 */

/** The order of the base point, L = 2^252 + 27742317777372353535851937790883648493 (RFC 8032, section 5.1), little-endian. */
const order = Uint8Array.from(Buffer.from('edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010', 'hex'));

/** The y of all points of small order (1, 2, 4 and 8), little-endian. With either sign of x they are ten encodings. */
const smallOrderYs: readonly Uint8Array[] = [
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '0000000000000000000000000000000000000000000000000000000000000000',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
].map((digits) => Uint8Array.from(Buffer.from(digits, 'hex')));

/** Of a point and of a scalar alike. */
export const encodedBytes = 32;
/** The highest bit of a point is the sign of x; the others are y. */
const signBit = 0x80;

/**
 * Whether a point may be a public key, or the R of a signature: y is below p, as the encoding of a point is to be unique, and
 * its order is not small, as a key of small order signs any message. It need not lie on the curve: the library finds out.
 *
 * @param from - where its 32 bytes begin
 */
export function isStrictPoint(bytes: Uint8Array, from = 0): boolean {
  return !isBeyondField(bytes, from) && !smallOrderYs.some((y) => hasY(bytes, from, y));
}

/** Whether a scalar is below L. With S also S + L would do, so who sees a signature could make another one of it. */
export function isCanonicalScalar(bytes: Uint8Array, from = 0): boolean {
  for (let i = encodedBytes - 1; i >= 0; i -= 1) {
    const [digit = 0, limit = 0] = [bytes[from + i], order[i]];
    if (digit !== limit) return digit < limit;
  }
  return false;
}

/** Whether y is p = 2^255 - 19 or more. */
function isBeyondField(bytes: Uint8Array, from: number): boolean {
  if (((bytes[from + encodedBytes - 1] ?? 0) | signBit) !== 0xff) return false;
  for (let i = 1; i < encodedBytes - 1; i += 1) if (bytes[from + i] !== 0xff) return false;
  return (bytes[from] ?? 0) >= 0xed;
}

function hasY(bytes: Uint8Array, from: number, y: Uint8Array): boolean {
  const last = encodedBytes - 1;
  for (let i = 0; i < last; i += 1) if (bytes[from + i] !== y[i]) return false;
  return ((bytes[from + last] ?? 0) & ~signBit) === y[last];
}
