import { createHash, createPublicKey } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { signatureBytes } from '../contract/crypto.ts';
import { ed25519Crypto, ed25519Signer, keysFlaw, type ReplicaKeys } from './ed25519.ts';
import {
  type KeyPair,
  keyPairOf,
  publicKeyInSpki,
  publicTextOf,
  readPrivateKey,
  readPublicKey,
  spkiOf,
} from './key-text.ts';
import { isCanonicalScalar, isStrictPoint } from './strict-encodings.ts';

const hex = (digits: string): Uint8Array => Uint8Array.from(Buffer.from(digits, 'hex'));
const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');
const message = new TextEncoder().encode('pbft commit slot 3');

const secretOf = (number: number): Uint8Array => new Uint8Array(32).fill(number);
const pairs: Readonly<Record<'n1' | 'n2' | 'n3', KeyPair>> = {
  n1: keyPairOf(secretOf(1)),
  n2: keyPairOf(secretOf(2)),
  n3: keyPairOf(secretOf(3)),
};
const publicKeys = { n1: pairs.n1.publicKey, n2: pairs.n2.publicKey, n3: pairs.n3.publicKey };
const client = keyPairOf(secretOf(9));
const clientKeys = { lab: client.publicKey };
const members = ['n1', 'n2', 'n3'];
const n1 = ed25519Crypto({ privateKey: pairs.n1.privateKey, publicKeys, clientKeys });
const n2 = ed25519Crypto({ privateKey: pairs.n2.privateKey, publicKeys, clientKeys });

/** L, the order of the base point. */
const order = 2n ** 252n + 27742317777372353535851937790883648493n;
const numberIn = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`);
const littleEndian = (value: bigint): Uint8Array => hex(value.toString(16).padStart(64, '0')).reverse();
const sha512 = (...parts: readonly Uint8Array[]) => createHash('sha512').update(Buffer.concat(parts)).digest();
/** The scalar of a private key (RFC 8032, section 5.1.5). */
function scalarOf(secret: Uint8Array): bigint {
  const bytes = Uint8Array.from(sha512(secret).subarray(0, 32));
  bytes[0] = (bytes[0] ?? 0) & 248;
  bytes[31] = ((bytes[31] ?? 0) & 127) | 64;
  return numberIn(bytes);
}
const signatureOf = (r: Uint8Array, s: bigint): Uint8Array => Uint8Array.from([...r, ...littleEndian(s)]);

/** All encodings of points of small order: table 1 of CCTV, in its order. */
const smallOrder = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '0000000000000000000000000000000000000000000000000000000000000080',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
  '0100000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000080',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
];
const identity = hex(smallOrder[4] ?? '');

describe('signatures of Ed25519', () => {
  test('are those of RFC 8032, section 7.1, TEST 3', () => {
    const pair = keyPairOf(hex('c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7'));
    expect(pair.publicKey).toBe(textOf(hex('fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025')));
    const crypto = ed25519Crypto({ privateKey: pair.privateKey, publicKeys: { only: pair.publicKey }, clientKeys: {} });
    const signature = crypto.sign(hex('af82'));
    expect(Buffer.from(signature).toString('hex')).toBe(
      '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
    );
    expect(crypto.verify('only', hex('af82'), signature)).toBe(true);
  });

  test('of a client are good under its own name, and under none that a replica may have', () => {
    const signature = ed25519Signer(client.privateKey)(message);
    expect(n2.verify('client:lab', message, signature)).toBe(true);
    expect(n2.verify('client:other', message, signature)).toBe(false);
    expect(n2.verify('lab', message, signature)).toBe(false);
    expect(n2.verify('client:n1', message, n1.sign(message))).toBe(false);
  });

  test('are good everywhere, of the signer alone, and for the same bytes', () => {
    const signature = n1.sign(message);
    expect(signature).toHaveLength(signatureBytes);
    expect(n2.verify('n1', message, signature)).toBe(true);
    expect(n1.verify('n1', message, signature)).toBe(true);
    expect(n2.verify('n2', message, signature)).toBe(false);
    expect(n2.verify('n1', message.subarray(1), signature)).toBe(false);
    for (const stranger of ['n9', '', 'constructor', '__proto__']) {
      expect(n2.verify(stranger, message, signature)).toBe(false);
    }
  });

  test('are refused, and nothing is thrown, whatever else comes', () => {
    const bytes = fc.uint8Array({ maxLength: 80 });
    const exact = fc.uint8Array({ minLength: signatureBytes, maxLength: signatureBytes });
    fc.assert(
      fc.property(fc.constantFrom(...members, 'n9'), bytes, fc.oneof(bytes, exact), (signer, signed, signature) => {
        expect(n1.verify(signer, signed, signature)).toBe(false);
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  test('cannot be made of another one: S + L and S + 2L are refused', () => {
    const signature = n1.sign(message);
    const [r, s] = [signature.subarray(0, 32), numberIn(signature.subarray(32))];
    expect(n2.verify('n1', message, signatureOf(r, s))).toBe(true);
    for (const times of [1n, 2n, 15n]) {
      expect(n2.verify('n1', message, signatureOf(r, s + times * order))).toBe(false);
    }
  });

  test.each(smallOrder)('whose R is of small order are refused: %s', (digits) => {
    // With R = 0, the signature of whoever holds the key is S = ka: right by the equation, and Node 20 takes it.
    const r = hex(digits);
    const point = Buffer.from(pairs.n1.publicKey, 'base64url');
    const s = (numberIn(sha512(r, point, message)) * scalarOf(secretOf(1))) % order;
    expect(n2.verify('n1', message, signatureOf(r, s))).toBe(false);
  });

  test('no key of small order is taken, whose signatures would be good for any message', () => {
    for (const digits of smallOrder) expect(readPublicKey(textOf(hex(digits)))).toBe(undefined);
  });
});

describe('strict encodings', () => {
  it('of points are below p, and of no small order', () => {
    for (const digits of smallOrder) expect(isStrictPoint(hex(digits))).toBe(false);
    expect(isStrictPoint(Buffer.from(pairs.n1.publicKey, 'base64url'))).toBe(true);
    const p = 2n ** 255n - 19n;
    for (const sign of [0n, 2n ** 255n]) {
      for (let above = 0n; above < 19n; above += 1n) expect(isStrictPoint(littleEndian(sign + p + above))).toBe(false);
      expect(isStrictPoint(littleEndian(sign + p - 2n))).toBe(true);
      expect(isStrictPoint(littleEndian(sign + 2n))).toBe(true);
    }
  });

  it('of scalars are below L', () => {
    for (const value of [0n, 1n, order - 1n]) expect(isCanonicalScalar(littleEndian(value))).toBe(true);
    for (const value of [order, order + 1n, 2n ** 253n, 2n ** 256n - 1n]) {
      expect(isCanonicalScalar(littleEndian(value))).toBe(false);
    }
    expect(isCanonicalScalar(Uint8Array.from([...identity, ...littleEndian(order - 1n)]), 32)).toBe(true);
    expect(isCanonicalScalar(Uint8Array.from([...identity, ...littleEndian(order)]), 32)).toBe(false);
  });
});

describe('keys as text', () => {
  it('are 43 characters that need no quoting', () => {
    for (const { privateKey, publicKey } of Object.values(pairs)) {
      expect(privateKey).toMatch(/^[\w-]{43}$/);
      expect(publicKey).toMatch(/^[\w-]{43}$/);
    }
    expect(() => keyPairOf(new Uint8Array(31))).toThrow(RangeError);
  });

  it('are written as others read them, and back', () => {
    const { publicKey } = pairs.n1;
    const spki = spkiOf(publicKey);
    const read = createPublicKey({ key: Buffer.from(spki, 'base64'), format: 'der', type: 'spki' });
    expect(read.asymmetricKeyType).toBe('ed25519');
    expect(publicTextOf(read)).toBe(publicKey);
    expect(publicKeyInSpki(spki)).toBe(publicKey);
    for (const text of ['', 'key', spki.slice(1), `${spki}A`, `B${spki.slice(1)}`, publicKey]) {
      expect(publicKeyInSpki(text)).toBe(undefined);
    }
  });

  it('are read only as they are written', () => {
    const { privateKey } = pairs.n1;
    expect(readPrivateKey(privateKey)).toBeDefined();
    // The last character has two bits to spare: with one of them set, it would stand for the same bytes.
    const spare = `${privateKey.slice(0, -1)}${String.fromCharCode(privateKey.charCodeAt(42) + 1)}`;
    for (const text of ['', 'key', privateKey.slice(1), `${privateKey}A`, `${privateKey}=`, ` ${privateKey}`, spare]) {
      expect(readPrivateKey(text)).toBe(undefined);
      expect(readPublicKey(text)).toBe(undefined);
    }
  });
});

describe('the keys of a replica', () => {
  const keys = (changes: Partial<ReplicaKeys> = {}): ReplicaKeys => ({
    privateKey: pairs.n1.privateKey,
    publicKeys,
    clientKeys,
    ...changes,
  });

  it('are its own private one, and the public ones of all', () => {
    expect(keysFlaw('n1', members, keys())).toBe(undefined);
  });

  it.each([
    [
      { publicKeys: { n1: publicKeys.n1, n2: publicKeys.n2 } },
      'must hold a public key for each member, and for nobody',
    ],
    [{ publicKeys: { ...publicKeys, n4: publicKeys.n3 } }, 'must hold a public key for each member, and for nobody'],
    [{ publicKeys: { ...publicKeys, n3: 'no key' } }, 'must hold public keys of Ed25519, and that of n3 is none'],
    [{ publicKeys: { ...publicKeys, n3: textOf(identity) } }, 'and that of n3 is none that is taken'],
    [{ publicKeys: { ...publicKeys, n3: publicKeys.n2 } }, 'must not hold the same public key for two members'],
    [{ clientKeys: { lab: 'no key' } }, 'must hold public keys of Ed25519, and that of the client lab is none'],
    [{ clientKeys: { lab: publicKeys.n3 } }, 'must not hold the key of a member for a client'],
    [{ privateKey: 'no key' }, 'must hold a private key of Ed25519, and what it holds is none'],
    [{ privateKey: pairs.n2.privateKey }, 'must hold the private key of n1, and holds another one'],
  ])('have a flaw where %j', (changes, sentence) => {
    expect(keysFlaw('n1', members, keys(changes))).toContain(sentence);
    expect(keysFlaw('n1', members, keys(changes))).not.toContain(pairs.n2.privateKey);
  });

  it('that are none are not signed with', () => {
    expect(() => ed25519Crypto(keys({ privateKey: 'no key' }))).toThrow(RangeError);
    expect(() => ed25519Crypto(keys({ publicKeys: { n1: textOf(identity) } }))).toThrow(RangeError);
  });
});
