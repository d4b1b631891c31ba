/**
 * A memory for signatures. Signing is deterministic (RFC 8032) and verifying is pure, so that neither has to be done twice: a
 * replica says the same again to whoever missed it, meets what others have signed in one message after the other, and a bundle of
 * a client in its proposal as well.
 */

import type { Crypto } from '../contract/crypto.ts';
import { LastOnes } from '../last-ones.ts';

/** How many signatures are remembered, those that were made and those that were found good each. */
const maxRemembered = 4096;
/** What is longer is signed and verified each time, in bytes. It is rare, and would take much room. */
const maxStatementBytes = 512;

export function remembering(crypto: Crypto): Crypto {
  const made = new LastOnes<Uint8Array>({ count: maxRemembered });
  /** What was signed, by its signer and its signature. */
  const good = new LastOnes<string>({ count: maxRemembered });
  return {
    ...crypto,
    sign: (bytes) => {
      if (bytes.length > maxStatementBytes) return crypto.sign(bytes);
      const text = textOf(bytes);
      const known = made.get(text);
      if (known !== undefined) return known;
      const signature = crypto.sign(bytes);
      made.keep(text, signature);
      return signature;
    },
    verify: (signer, bytes, signature) => {
      if (bytes.length > maxStatementBytes) return crypto.verify(signer, bytes, signature);
      const text = textOf(bytes);
      const key = `${signer} ${textOf(signature)}`;
      if (good.get(key) === text) return true;
      // What is bad is not remembered: anybody could fill the memory with it.
      if (!crypto.verify(signer, bytes, signature)) return false;
      good.keep(key, text);
      return true;
    },
  };
}

/** A character for each byte. */
function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}
