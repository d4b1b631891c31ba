/** By what anybody can verify what replicas have signed, with no secret and without being one of them. */
import type { NodeId } from '../contract/ids.ts';
import { verifyStrictly } from './ed25519.ts';
import { readPublicKey } from './key-text.ts';
import { keyedHashCrypto } from './keyed-hash.ts';

/** Public keys as text (`key-text.ts`); in the simulator, which has none, what all its signatures follow from. */
export type VerificationKeys =
  | { readonly scheme: 'ed25519'; readonly publicKeys: Readonly<Record<NodeId, string>> }
  | { readonly scheme: 'keyed-hash'; readonly seed: number; readonly members: readonly NodeId[] };

/** False where the signer is not known, its key is none, or the signature is not one of these bytes. Never throws. */
export type Verify = (signer: NodeId, bytes: Uint8Array, signature: Uint8Array) => boolean;

export function verifierOf(keys: VerificationKeys): Verify {
  if (keys.scheme === 'keyed-hash') return keyedHashCrypto(keys.seed, '', keys.members).verify;
  const known = new Map(Object.entries(keys.publicKeys).map(([node, text]) => [node, readPublicKey(text)]));
  return (signer, bytes, signature) => {
    const key = known.get(signer);
    return key !== undefined && verifyStrictly(key, bytes, signature);
  };
}
