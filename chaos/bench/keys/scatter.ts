/**
 * Spreads numbers over all 32-bit integers, no two to the same. Workloads scatter what is counted, so that neighbours in
 * number are no neighbours in key order or popularity.
 *
 * YCSB scatters with FNV-1 of 64 bits; JavaScript multiplies 32 bits at once, and of so many bits only a bijection keeps
 * different records apart. Source: the finaliser of MurmurHash3 (A. Appleby), which is one.
 *
 * @param number - a natural number; of those from 2^32 on, what remains modulo 2^32
 */
export function scatter(number: number): number {
  // The finaliser leaves 0 where it is.
  let bits = number ^ 0x9e3779b9;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}
