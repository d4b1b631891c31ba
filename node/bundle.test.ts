import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Bundle,
  bundleBytes,
  bundleKey,
  bundleRoom,
  bundleStatement,
  decodeBundles,
  encodeBundle,
  genuineness,
  maxBundlesBytes,
  signerName,
} from './bundle.ts';
import { counted } from './crypto/counted.ts';
import { keyedHashCrypto } from './crypto/keyed-hash.ts';
import { encodeBatch, encodeCommand } from './machine/command.ts';

const put = (key: string, session = 1, sequence = 1) =>
  encodeCommand({ op: 'put', session, sequence, key, a: 'v', b: null });
const cryptoOf = (signer: string) => keyedHashCrypto(7, signer, ['n1', 'n2']);
const bundleOf = (client: string, ...commands: Uint8Array[]) =>
  encodeBundle(client, commands, cryptoOf(signerName(client)));
const joined = (...parts: Uint8Array[]) => new Uint8Array(Buffer.concat(parts));

/** What n1 finds. */
const isGood = (payload: Uint8Array) => genuineness(cryptoOf('n1'))(payload);

describe('a bundle', () => {
  test('is laid out as the comment says, and a batch is several', () => {
    const [one, two] = [bundleOf('c1', put('a'), put('b')), bundleOf('client-2', put('c', 2))];
    const commands = encodeBatch([put('a'), put('b')]);
    expect(Buffer.from(one).readUInt32BE(0)).toBe(one.length - 4);
    expect(one.subarray(4, 7)).toEqual(Buffer.from('\x02c1'));
    expect(one.subarray(71)).toEqual(commands);
    expect(one.length - commands.length).toBeLessThanOrEqual(bundleRoom);
    const bundles = decodeBundles(joined(one, two)) ?? [];
    expect(bundles.map(({ client }) => client)).toEqual(['c1', 'client-2']);
    expect(bundles[0]?.commands).toEqual(commands);
    expect(bundles[0]?.signature).toHaveLength(64);
  });

  test('of what it says and who says it tells a signature', () => {
    const [bundle] = decodeBundles(bundleOf('c1', put('a'))) ?? [];
    const n1 = cryptoOf('n1');
    const statement = bundleStatement('c1', n1.digest(encodeBatch([put('a')])));
    expect(n1.verify('client:c1', statement, bundle?.signature ?? new Uint8Array(0))).toBe(true);
  });

  test('has a key that no other has', () => {
    const all = joined(bundleOf('c1', put('a')), bundleOf('c1', put('b')), bundleOf('c2', put('a')));
    expect(new Set((decodeBundles(all) ?? []).map(bundleKey)).size).toBe(3);
  });

  test('that is cut, or followed by anything, is none; nothing is ever read past the end', () => {
    const bytes = bundleOf('c1', put('a'));
    for (let length = 1; length < bytes.length; length += 1)
      expect(decodeBundles(bytes.subarray(0, length))).toBeNull();
    expect(decodeBundles(joined(bytes, new Uint8Array(3)))).toBeNull();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (garbage) => {
        for (const { client, commands } of decodeBundles(garbage) ?? []) {
          expect(client.length + commands.length).toBeLessThan(garbage.length);
        }
      }),
    );
  });
});

describe('what clients have asked for', () => {
  test('is bundles that are signed, however many, and nothing else', () => {
    expect(isGood(bundleOf('c1', put('a')))).toBe(true);
    expect(isGood(joined(bundleOf('c1', put('b')), bundleOf('c2', put('c', 2), put('d', 3))))).toBe(true);
    expect(isGood(new Uint8Array(0))).toBe(false);
    expect(isGood(encodeBatch([put('a')]))).toBe(false);
  });

  test('is not what a replica has signed, under its own name or that of a client', () => {
    for (const name of ['n2', 'c1', 'client:c1']) {
      expect(isGood(encodeBundle(name, [put('a')], cryptoOf('n2')))).toBe(false);
    }
  });

  test('is not what was changed anywhere, taken apart, or put together anew', () => {
    const bytes = bundleOf('c1', put('a'), put('b', 2));
    expect(isGood(bytes)).toBe(true);
    for (let at = 0; at < bytes.length; at += 1) {
      const changed = Uint8Array.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(isGood(changed), `byte ${at}`).toBe(false);
    }
    const [bundle] = decodeBundles(bytes) ?? [];
    const signature = bundle?.signature ?? new Uint8Array(0);
    const forged = encodeBundle('c1', [put('a')], { ...cryptoOf('n2'), sign: () => signature });
    expect(isGood(forged)).toBe(false);
    expect(isGood(joined(bytes, forged))).toBe(false);
  });

  test('is nothing that the machine could not carry out command by command, though a client has signed it', () => {
    expect(isGood(bundleOf('c1'))).toBe(false);
    expect(isGood(bundleOf('c1', put('a'), new Uint8Array([255, 1])))).toBe(false);
    expect(isGood(bundleOf('c1', put('a'), new Uint8Array(0)))).toBe(false);
  });

  test('is digested and verified once for each bundle, however often it comes, and in whatever company', () => {
    const counts = { signatures: 0, verifications: 0 };
    let digests = 0;
    const crypto = counted(cryptoOf('n1'), counts);
    const digest = (bytes: Uint8Array) => {
      digests += 1;
      return crypto.digest(bytes);
    };
    const isGenuine = genuineness({ ...crypto, digest });
    const [one, two] = [bundleOf('c1', put('a')), bundleOf('c1', put('b'))];
    for (const payload of [one, one, two, joined(two, one), one]) expect(isGenuine(payload)).toBe(true);
    expect({ ...counts, digests }).toEqual({ signatures: 0, verifications: 2, digests: 2 });
  });

  test('is not taken for another that has the same signature, or the name of another client', () => {
    const isGenuine = genuineness(cryptoOf('n1'));
    const good = bundleOf('c1', put('a'));
    const [{ signature, commands }] = decodeBundles(good) as [Bundle];
    const [other] = decodeBundles(bundleOf('c1', put('b'))) as [Bundle];
    expect(isGenuine(good)).toBe(true);
    expect(isGenuine(bundleBytes({ ...other, signature }))).toBe(false);
    expect(isGenuine(bundleBytes({ client: 'c2', signature, commands }))).toBe(false);
  });

  // What clients have signed can be put together again, any number of times.
  test('is no longer than 1 MiB, but for one bundle that is longer', () => {
    const half = bundleOf('c1', put('k'.repeat(maxBundlesBytes / 2 - 200)));
    const long = bundleOf('c1', ...Array.from({ length: 3 }, () => put('k'.repeat(maxBundlesBytes / 2))));
    expect(isGood(joined(half, half))).toBe(true);
    expect(isGood(long)).toBe(true);
    expect(isGood(joined(half, half, bundleOf('c1', put('k'.repeat(400)))))).toBe(false);
    expect(isGood(joined(bundleOf('c1', put('a')), long))).toBe(false);
  });

  // Else all would stay in memory that came with it.
  test('is remembered as a copy', () => {
    const counts = { signatures: 0, verifications: 0 };
    const isGenuine = genuineness(counted(cryptoOf('n1'), counts));
    const bytes = bundleOf('c1', put('a'));
    const received = joined(bytes, new Uint8Array(1));
    expect(isGenuine(received.subarray(0, bytes.length))).toBe(true);
    received.fill(0);
    expect(isGenuine(bytes)).toBe(true);
    expect(counts.verifications).toBe(1);
  });
});
