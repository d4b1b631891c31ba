import { describe, expect, test } from 'vitest';
import { counted } from './counted.ts';
import { keyedHashCrypto } from './keyed-hash.ts';
import { remembering } from './remembered.ts';

const members = ['n1', 'n2'];
const bytesOf = (text: string) => new TextEncoder().encode(text);
const [one, other] = [bytesOf('pbft share slot 1'), bytesOf('pbft share slot 2')];
const n2 = keyedHashCrypto(7, 'n2', members);

/** What n1 signs and verifies, and how often it really does. */
function n1() {
  const counts = { signatures: 0, verifications: 0 };
  return { crypto: remembering(counted(keyedHashCrypto(7, 'n1', members), counts)), counts };
}

describe('signatures that are remembered', () => {
  test('are those that would be made, and are made once', () => {
    const { crypto, counts } = n1();
    for (const statement of [one, other, one, one]) {
      expect(crypto.sign(statement)).toEqual(keyedHashCrypto(7, 'n1', members).sign(statement));
    }
    expect(counts.signatures).toBe(2);
  });

  test('are verified once, and are good for the same signer and the same bytes alone', () => {
    const { crypto, counts } = n1();
    const signature = n2.sign(one);
    for (let time = 0; time < 3; time += 1) expect(crypto.verify('n2', one, signature)).toBe(true);
    expect(counts.verifications).toBe(1);
    expect(crypto.verify('n2', other, signature)).toBe(false);
    expect(crypto.verify('n1', one, signature)).toBe(false);
    expect(crypto.verify('n9', one, signature)).toBe(false);
    expect(crypto.verify('n2', one, signature)).toBe(true);
  });

  test('are not remembered where they are bad', () => {
    const { crypto, counts } = n1();
    const bad = n2.sign(other);
    for (let time = 0; time < 3; time += 1) expect(crypto.verify('n2', one, bad)).toBe(false);
    expect(counts.verifications).toBe(3);
  });

  test('are forgotten after 4,096 others, and each time where what is signed is long', () => {
    const { crypto, counts } = n1();
    for (let number = 0; number <= 4096; number += 1) crypto.sign(bytesOf(`slot ${number}`));
    crypto.sign(bytesOf('slot 1'));
    expect(counts.signatures).toBe(4097);
    crypto.sign(bytesOf('slot 0'));
    expect(counts.signatures).toBe(4098);
    const long = new Uint8Array(513);
    const signature = n2.sign(long);
    for (let time = 0; time < 2; time += 1) {
      crypto.sign(long);
      expect(crypto.verify('n2', long, signature)).toBe(true);
    }
    expect(counts).toEqual({ signatures: 4100, verifications: 2 });
  });
});
