/** Counts what is signed and verified: what a protocol that signs costs is told by these two more than by anything else. */
import type { Crypto } from '../contract/crypto.ts';

/** Since the replica's process began. */
export interface CryptoCounts {
  signatures: number;
  /** Good and bad ones. */
  verifications: number;
}

export function counted(crypto: Crypto, counts: CryptoCounts): Crypto {
  return {
    ...crypto,
    sign: (bytes) => {
      counts.signatures += 1;
      return crypto.sign(bytes);
    },
    verify: (signer, bytes, signature) => {
      counts.verifications += 1;
      return crypto.verify(signer, bytes, signature);
    },
  };
}
