import { expect, test } from 'vitest';
import { counted } from './counted.ts';
import { keyedHashCrypto } from './keyed-hash.ts';

test('every signature that is made or checked counts once, and nothing else is changed', () => {
  const plain = keyedHashCrypto(1, 'n1', ['n1', 'n2']);
  const counts = { signatures: 0, verifications: 0 };
  const crypto = counted(plain, counts);
  const bytes = new Uint8Array([1, 2, 3]);
  const signature = crypto.sign(bytes);
  expect(signature).toEqual(plain.sign(bytes));
  expect(crypto.verify('n1', bytes, signature)).toBe(true);
  expect(crypto.verify('n2', bytes, signature)).toBe(false);
  expect(crypto.digest(bytes)).toBe(plain.digest(bytes));
  expect(counts).toEqual({ signatures: 1, verifications: 2 });
});
