import { describe, expect, it } from 'vitest';
import { signatureBytes } from '../contract/crypto.ts';
import { keyedHashCrypto } from './keyed-hash.ts';

const members = ['n1', 'n2', 'shard2/n1'];
const of = (id: string, seed = 7) => keyedHashCrypto(seed, id, members);
const bytesOf = (text: string) => new TextEncoder().encode(text);
const message = bytesOf('pbft commit slot 3');

describe('signatures by keyed hash', () => {
  it('are as long as real ones, follow from seed, signer and bytes, and are good everywhere', () => {
    const signature = of('n1').sign(message);
    expect(signature).toHaveLength(signatureBytes);
    expect(of('n1').sign(message)).toEqual(signature);
    for (const id of members) expect(of(id).verify('n1', message, signature)).toBe(true);
  });

  it('stay the same from one version to the next, or recorded runs would not play again', () => {
    expect(new TextDecoder().decode(of('n1').sign(message))).toBe(
      '6a68e729a9727f73cb94aeeb8414f83116dae253c1eb22a99365893ffb68aba7',
    );
  });

  it('are good for nobody else, for no other bytes and for no other run', () => {
    const signature = of('n1').sign(message);
    expect(of('n2').verify('n2', message, signature)).toBe(false);
    expect(of('n2').verify('shard2/n1', message, signature)).toBe(false);
    for (const other of ['', 'pbft commit slot 4', 'pbft commit slot 3 ']) {
      expect(of('n2').verify('n1', bytesOf(other), signature)).toBe(false);
    }
    expect(of('n2', 8).verify('n1', message, signature)).toBe(false);
  });

  it('are not good with any bit changed, nor shorter or longer', () => {
    const verifier = of('n2');
    const signature = of('n1').sign(message);
    for (let bit = 0; bit < 8 * signatureBytes; bit += 1) {
      const changed = signature.map((byte, at) => (at === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
      expect(verifier.verify('n1', message, changed)).toBe(false);
    }
    for (const length of [0, 32, signatureBytes - 1, signatureBytes + 1]) {
      const cut = new Uint8Array(length);
      cut.set(signature.subarray(0, length));
      expect(verifier.verify('n1', message, cut)).toBe(false);
    }
  });

  it('are not good of somebody whom nobody knows', () => {
    const stranger = of('n9');
    expect(stranger.verify('n9', message, stranger.sign(message))).toBe(false);
    for (const name of ['', 'constructor', '__proto__'])
      expect(of('n1').verify(name, message, of('n1').sign(message))).toBe(false);
  });

  it('of a client are good under its own name, whoever it is, and a replica cannot make them', () => {
    const signature = of('client:c1').sign(message);
    for (const id of members) expect(of(id).verify('client:c1', message, signature)).toBe(true);
    expect(of('n1').verify('client:c2', message, signature)).toBe(false);
    expect(of('n1', 8).verify('client:c1', message, signature)).toBe(false);
    expect(of('n2').verify('client:n1', message, of('n1').sign(message))).toBe(false);
  });

  it('come with SHA-256', () => {
    // FIPS 180-4 gives the one of "abc" as an example.
    expect(of('n1').digest(bytesOf('abc'))).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    expect(of('n1').digest(new Uint8Array(0))).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  });
});
