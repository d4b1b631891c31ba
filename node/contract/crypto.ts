import type { NodeId } from './ids.ts';

/** Pure, synchronous cryptography. Ed25519 signing is deterministic (RFC 8032), so a protocol that signs stays pure. */
export interface Crypto {
  /** Signs with the key of this replica; `signatureBytes` long. */
  sign(bytes: Uint8Array): Uint8Array;
  /** False where the signer is not known, or the signature is not one of these bytes. Never throws. */
  verify(signer: NodeId, bytes: Uint8Array, signature: Uint8Array): boolean;
  /** SHA-256 (FIPS 180-4), in 64 lower-case hexadecimal digits. */
  digest(bytes: Uint8Array): string;
}

/** How long a signature is: that of Ed25519 (RFC 8032, section 5.1.6). */
export const signatureBytes = 64;
