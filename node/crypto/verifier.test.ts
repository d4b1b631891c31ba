import { describe, expect, test } from 'vitest';
import { ed25519Crypto } from './ed25519.ts';
import { keyPairOf } from './key-text.ts';
import { keyedHashCrypto } from './keyed-hash.ts';
import { type VerificationKeys, verifierOf } from './verifier.ts';

const message = new TextEncoder().encode('pbft share slot 3');
const pairs = { n1: keyPairOf(new Uint8Array(32).fill(1)), n2: keyPairOf(new Uint8Array(32).fill(2)) };
const publicKeys = { n1: pairs.n1.publicKey, n2: pairs.n2.publicKey };
const members = ['n1', 'n2'];

describe.each<[string, VerificationKeys, Uint8Array]>([
  [
    'Ed25519',
    { scheme: 'ed25519', publicKeys },
    ed25519Crypto({ privateKey: pairs.n1.privateKey, publicKeys, clientKeys: {} }).sign(message),
  ],
  ['a keyed hash', { scheme: 'keyed-hash', seed: 7, members }, keyedHashCrypto(7, 'n1', members).sign(message)],
])('signatures by %s', (_, keys, signature) => {
  const verify = verifierOf(keys);

  test('are good of their signer, for the same bytes, and for nobody else', () => {
    expect(verify('n1', message, signature)).toBe(true);
    expect(verify('n2', message, signature)).toBe(false);
    expect(verify('n1', message.subarray(1), signature)).toBe(false);
    for (const stranger of ['n9', '', 'constructor']) expect(verify(stranger, message, signature)).toBe(false);
    expect(verify('n1', message, new Uint8Array(3))).toBe(false);
  });
});

test('a key that is none verifies nothing, and nothing is thrown', () => {
  const verify = verifierOf({ scheme: 'ed25519', publicKeys: { n1: 'no key' } });
  expect(verify('n1', message, new Uint8Array(64))).toBe(false);
});

test('signatures of another seed are good for nothing', () => {
  const verify = verifierOf({ scheme: 'keyed-hash', seed: 8, members });
  expect(verify('n1', message, keyedHashCrypto(7, 'n1', members).sign(message))).toBe(false);
});
