import { describe, expect, test } from 'vitest';
import type { Signature } from './messages.ts';
import { Tally } from './tally.ts';

const by = (signer: string, byte = 1): Signature => ({ signer, bytes: Uint8Array.of(byte) });

describe('a tally', () => {
  test('of nothing', () => {
    const tally = new Tally();
    expect(tally.count('a')).toBe(0);
    expect(tally.signatures('a')).toEqual([]);
    expect(tally.digests()).toEqual([]);
    expect(tally.voteOf('n1')).toBeUndefined();
  });

  test('counts the votes for each batch apart', () => {
    const tally = new Tally();
    expect([tally.add('a', by('n1')), tally.add('b', by('n2')), tally.add('a', by('n3'))]).toEqual([true, true, true]);
    expect([tally.count('a'), tally.count('b'), tally.count('c')]).toEqual([2, 1, 0]);
    expect(tally.signatures('a')).toEqual([by('n1'), by('n3')]);
    expect(tally.digests()).toEqual(['a', 'b']);
    expect(tally.voteOf('n2')).toBe('b');
  });

  // Planted bug P4: a malicious replica repeats itself, with other bytes, or for another batch.
  test.each([
    ['the same vote', 'a', 1],
    ['the same vote under another signature', 'a', 2],
    ['a vote for another batch', 'b', 3],
  ])('takes one of each signer: not %s', (_, digest, byte) => {
    const tally = new Tally();
    tally.add('a', by('n1', 1));
    expect(tally.add(digest, by('n1', byte))).toBe(false);
    expect([tally.count('a'), tally.count('b')]).toEqual([1, 0]);
    expect(tally.voteOf('n1')).toBe('a');
    expect(tally.signatures('a')).toEqual([by('n1', 1)]);
  });

  test('gives its signatures away as they are now: a certificate does not grow', () => {
    const tally = new Tally();
    tally.add('a', by('n1'));
    const certificate = tally.signatures('a');
    tally.add('a', by('n2'));
    expect(certificate).toEqual([by('n1')]);
  });
});
