/** FNV-1a over bytes, 32 bits: a cheap fingerprint for observers, never a proof. Source: the FNV page of Noll. */
export function fnv1a(bytes: Uint8Array, basis = 0x811c9dc5): number {
  let hash = basis;
  for (let i = 0; i < bytes.length; i += 1) {
    hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193);
  }
  return hash >>> 0;
}
