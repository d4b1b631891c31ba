/**
 * The signatures of real replicas: Ed25519 (RFC 8032) by OpenSSL, through node:crypto.
 *
 * Which signatures are good is strict, and the same on every node:
 * - S is below L, so nobody makes another signature out of one that they saw (RFC 8032, section 5.1.7);
 * - the public key and R are encoded canonically, and are not of small order (`strict-encodings.ts`), so a signature stands
 *   for one message under one key (Brendel, Cremers, Jackson and Zhao, "The Provable Security of Ed25519: Theory and
 *   Practice", 2020, eprint 2020/823). It is what `verify_strict` of ed25519-dalek takes;
 * - the equation is that without the cofactor, [S]B = R + [k]A, which is the one that OpenSSL computes.
 *
 * Node by itself checks S and, by comparing bytes, how R is encoded. Points of small order, in any encoding of a key,
 * Node 20.20 and 24.9 take and 24.21 does not: here they are refused before it is asked. A key may have a part of small order
 * beside a large one: that makes nothing malleable, and all judge its signatures alike.
 */
import { type KeyObject, sign, verify } from 'node:crypto';
import { signerName } from '../bundle.ts';
import { type Crypto, signatureBytes } from '../contract/crypto.ts';
import type { NodeId } from '../contract/ids.ts';
import { publicTextOf, readPrivateKey, readPublicKey } from './key-text.ts';
import { sha256 } from './sha256.ts';
import { encodedBytes, isCanonicalScalar, isStrictPoint } from './strict-encodings.ts';

/** What a replica knows: keys as text, see `key-text.ts`. */
export interface ReplicaKeys {
  /** Its own. A secret. */
  readonly privateKey: string;
  /** Those of all replicas, itself included. */
  readonly publicKeys: Readonly<Record<NodeId, string>>;
  /** Those of the clients of the run, by their names. */
  readonly clientKeys: Readonly<Record<string, string>>;
}

/** What is wrong with the keys of a replica, as the end of a sentence that begins with `keys`; undefined where nothing is. */
export function keysFlaw(id: NodeId, members: readonly NodeId[], keys: ReplicaKeys): string | undefined {
  const texts = new Map(Object.entries(keys.publicKeys));
  if (texts.size !== members.length || members.some((member) => !texts.has(member))) {
    return 'must hold a public key for each member, and for nobody else';
  }
  const wrong = members.find((member) => readPublicKey(texts.get(member) ?? '') === undefined);
  if (wrong !== undefined) return `must hold public keys of Ed25519, and that of ${wrong} is none that is taken`;
  if (new Set(texts.values()).size !== texts.size) return 'must not hold the same public key for two members';
  const clients = Object.entries(keys.clientKeys);
  const unknown = clients.find(([, text]) => readPublicKey(text) === undefined);
  if (unknown !== undefined)
    return `must hold public keys of Ed25519, and that of the client ${unknown[0]} is none that is taken`;
  // Who could sign for both could have carried out what it wants, and say that somebody else wanted it.
  if (clients.some(([, text]) => [...texts.values()].includes(text)))
    return 'must not hold the key of a member for a client';
  const own = readPrivateKey(keys.privateKey);
  if (own === undefined) return 'must hold a private key of Ed25519, and what it holds is none';
  return publicTextOf(own) === texts.get(id) ? undefined : `must hold the private key of ${id}, and holds another one`;
}

/** @throws RangeError where one of the keys is none: `keysFlaw` finds it before */
export function ed25519Crypto({ privateKey, publicKeys, clientKeys }: ReplicaKeys): Crypto {
  const clients = Object.entries(clientKeys).map(([name, text]): [string, string] => [signerName(name), text]);
  const texts = [...Object.entries(publicKeys), ...clients];
  const known = new Map(texts.map(([id, text]) => [id, demandKey(readPublicKey(text))]));
  return {
    sign: ed25519Signer(privateKey),
    verify: (signer, bytes, signature) => {
      const key = known.get(signer);
      return key !== undefined && verifyStrictly(key, bytes, signature);
    },
    digest: sha256,
  };
}

/** Signs with a private key. @throws RangeError where the text is none */
export function ed25519Signer(privateKey: string): Crypto['sign'] {
  const own = demandKey(readPrivateKey(privateKey));
  return (bytes) => new Uint8Array(sign(null, bytes, own));
}

/** @param key - one that `readPublicKey` took */
export function verifyStrictly(key: KeyObject, bytes: Uint8Array, signature: Uint8Array): boolean {
  return (
    signature.length === signatureBytes &&
    isStrictPoint(signature) &&
    isCanonicalScalar(signature, encodedBytes) &&
    verify(null, bytes, key, signature)
  );
}

function demandKey(key: KeyObject | undefined): KeyObject {
  if (key === undefined) throw new RangeError('this is no key of Ed25519 that is taken');
  return key;
}
