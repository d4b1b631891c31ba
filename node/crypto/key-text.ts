/**
 * Keys of Ed25519 as text: the 32 bytes of RFC 8032 (sections 5.1.5 and 5.1.2) in base64url without padding, 43 characters
 * that need no quoting in JSON, in an environment variable or in a compose file.
 */
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { encodedBytes, isStrictPoint } from './strict-encodings.ts';

/** What stands before the bytes of a key in DER (RFC 8410, sections 4 and 7). */
const der = {
  pkcs8: Buffer.from('302e020100300506032b657004220420', 'hex'),
  spki: Buffer.from('302a300506032b6570032100', 'hex'),
};

export interface KeyPair {
  /** A secret. */
  readonly privateKey: string;
  readonly publicKey: string;
}

/** @param secret - 32 bytes that nobody can guess: any will do */
export function keyPairOf(secret: Uint8Array): KeyPair {
  if (secret.length !== encodedBytes) throw new RangeError(`a private key has ${encodedBytes} bytes`);
  return { privateKey: textOf(secret), publicKey: publicTextOf(privateKeyFrom(secret)) };
}

/** Undefined where the text is no private key. */
export function readPrivateKey(text: string): KeyObject | undefined {
  const secret = bytesIn(text);
  return secret && privateKeyFrom(secret);
}

/** Undefined where the text is no public key, or one that is not taken: see `isStrictPoint`. */
export function readPublicKey(text: string): KeyObject | undefined {
  const point = bytesIn(text);
  return point && isStrictPoint(point) ? publicKeyFrom(point) : undefined;
}

/** The same public key as others write it: SubjectPublicKeyInfo (RFC 8410, section 4) in DER and base64. Any text gives some text. */
export function spkiOf(publicKey: string): string {
  return Buffer.concat([der.spki, Buffer.from(publicKey, 'base64url')]).toString('base64');
}

/** Undefined where the text is no such key. */
export function publicKeyInSpki(text: string): string | undefined {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length !== der.spki.length + encodedBytes || bytes.toString('base64') !== text) return undefined;
  if (!bytes.subarray(0, der.spki.length).equals(der.spki)) return undefined;
  return textOf(bytes.subarray(der.spki.length));
}

/** A public key, or the one that belongs to a private one. */
export function publicTextOf(key: KeyObject): string {
  const point = (key.type === 'public' ? key : createPublicKey(key)).export({ format: 'der', type: 'spki' });
  return textOf(point.subarray(der.spki.length));
}

function privateKeyFrom(secret: Uint8Array): KeyObject {
  return createPrivateKey({ key: Buffer.concat([der.pkcs8, secret]), format: 'der', type: 'pkcs8' });
}

function publicKeyFrom(point: Uint8Array): KeyObject {
  return createPublicKey({ key: Buffer.concat([der.spki, point]), format: 'der', type: 'spki' });
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url');
}

/** Undefined where the text is not exactly what `textOf` writes of 32 bytes: a key has one text only. */
function bytesIn(text: string): Uint8Array | undefined {
  const bytes = Buffer.from(text, 'base64url');
  return bytes.length === encodedBytes && textOf(bytes) === text ? bytes : undefined;
}
