/**
 * Outside cases: Wycheproof's vectors of Ed25519, each with its verdict, and C2SP's (CCTV) of edge cases, on which RFC 8032
 * leaves the verdict open; ours is written down here. They lie beside the project and are not part of it.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { verifyStrictly } from './ed25519.ts';
import { readPublicKey } from './key-text.ts';

const folder = join(import.meta.dirname, '../../../shared/data/crypto');
const isAbsent = !existsSync(folder);
const reason = isAbsent ? ` (skipped: ${folder} is absent)` : '';

const jsonIn = (file: string): unknown => JSON.parse(readFileSync(join(folder, file), 'utf8'));
const hex = (digits: string): Uint8Array => Uint8Array.from(Buffer.from(digits, 'hex'));

/** Whether a key that is given as bytes is taken, and the signature is good. */
function isGood(point: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const key = readPublicKey(Buffer.from(point).toString('base64url'));
  return key !== undefined && verifyStrictly(key, message, signature);
}

// --------------------------------------------------------------------------------------------------- Wycheproof

const wycheproof = z.object({
  testGroups: z.array(
    z.object({
      publicKey: z.object({ pk: z.string() }),
      tests: z.array(
        z.object({ tcId: z.int(), comment: z.string(), msg: z.string(), sig: z.string(), result: z.string() }),
      ),
    }),
  ),
});

describe.skipIf(isAbsent)(`Wycheproof's vectors of Ed25519${reason}`, () => {
  const { testGroups } = isAbsent
    ? { testGroups: [] }
    : wycheproof.parse(jsonIn('wycheproof/testvectors_v1/ed25519_test.json'));
  const cases = testGroups.flatMap(({ publicKey, tests }) => tests.map((each) => ({ ...each, key: publicKey.pk })));

  test('there are 151 of them, valid and invalid', () => {
    expect(cases).toHaveLength(151);
    expect(cases.filter(({ result }) => result === 'valid')).toHaveLength(88);
    expect(cases.filter(({ result }) => result === 'invalid')).toHaveLength(63);
  });

  test.each(cases)('$tcId $comment: $result', ({ key, msg, sig, result }) => {
    expect(isGood(hex(key), hex(msg), hex(sig))).toBe(result === 'valid');
  });
});

// --------------------------------------------------------------------------------------------------- edge cases

const edgeCase = z.object({
  number: z.int(),
  key: z.string(),
  sig: z.string(),
  msg: z.string(),
  flags: z.array(z.string()).nullish(),
});

/** What kind of point stands at `A` (the key) or `R`. */
function kindOf(point: 'A' | 'R', flags: ReadonlySet<string>): string {
  if (flags.has(`non_canonical_${point}`)) return 'of small order, not canonical';
  if (flags.has(`low_order_${point}`)) return 'of small order';
  return flags.has(`low_order_component_${point}`) ? 'with a part of small order' : 'ordinary';
}

/** The verdict on each kind of edge case; `residue`: only an equation with the cofactor would hold. */
const verdicts: Readonly<Record<string, readonly [count: number, verdict: string]>> = {
  'key ordinary; R ordinary': [1, 'good'],
  'key ordinary; R with a part of small order, residue': [7, 'refused'],
  'key ordinary; R of small order': [1, 'refused'],
  'key ordinary; R of small order, residue': [7, 'refused'],
  'key ordinary; R of small order, not canonical': [6, 'refused'],
  'key ordinary; R of small order, not canonical, residue': [6, 'refused'],
  'key with a part of small order; R ordinary': [7, 'good'],
  'key with a part of small order; R ordinary, residue': [7, 'refused'],
  'key with a part of small order; R with a part of small order': [35, 'good'],
  'key with a part of small order; R with a part of small order, residue': [49, 'refused'],
  'key with a part of small order; R of small order': [42, 'refused'],
  'key with a part of small order; R of small order, residue': [56, 'refused'],
  'key with a part of small order; R of small order, not canonical': [49, 'refused'],
  'key with a part of small order; R of small order, not canonical, residue': [115, 'refused'],
  'key of small order; R ordinary': [8, 'refused'],
  'key of small order; R ordinary, residue': [7, 'refused'],
  'key of small order; R with a part of small order': [35, 'refused'],
  'key of small order; R with a part of small order, residue': [56, 'refused'],
  'key of small order; R of small order': [43, 'refused'],
  'key of small order; R of small order, residue': [63, 'refused'],
  'key of small order; R of small order, not canonical': [43, 'refused'],
  'key of small order; R of small order, not canonical, residue': [45, 'refused'],
  'key of small order, not canonical; R ordinary': [11, 'refused'],
  'key of small order, not canonical; R ordinary, residue': [7, 'refused'],
  'key of small order, not canonical; R with a part of small order': [12, 'refused'],
  'key of small order, not canonical; R with a part of small order, residue': [86, 'refused'],
  'key of small order, not canonical; R of small order': [13, 'refused'],
  'key of small order, not canonical; R of small order, residue': [45, 'refused'],
  'key of small order, not canonical; R of small order, not canonical': [25, 'refused'],
  'key of small order, not canonical; R of small order, not canonical, residue': [27, 'refused'],
};

/** All that are good; no other is. */
const goodNumbers: readonly number[] = [
  7, 29, 50, 117, 139, 161, 182, 249, 305, 411, 425, 438, 465, 473, 481, 489, 497, 511, 525, 538, 565, 573, 581, 589,
  597, 611, 625, 638, 665, 673, 681, 689, 697, 711, 725, 738, 765, 773, 781, 789, 797, 832, 899,
];

describe.skipIf(isAbsent)(`edge cases of Ed25519${reason}`, () => {
  const cases = isAbsent ? [] : z.array(edgeCase).parse(jsonIn('cctv-ed25519/ed25519/ed25519vectors.json'));
  const judged = cases.map(({ number, key, sig, msg, flags }) => {
    const set = new Set(flags);
    const residue = set.has('low_order_residue') ? ', residue' : '';
    const kind = `key ${kindOf('A', set)}; R ${kindOf('R', set)}${residue}`;
    return { number, kind, good: isGood(hex(key), new TextEncoder().encode(msg), hex(sig)) };
  });

  test('there are 914 of them, and each kind has one verdict, which does not change', () => {
    expect(cases).toHaveLength(914);
    const seen = new Map<string, { count: number; words: Set<string> }>();
    for (const { kind, good } of judged) {
      const { count, words } = seen.get(kind) ?? { count: 0, words: new Set() };
      seen.set(kind, { count: count + 1, words: words.add(good ? 'good' : 'refused') });
    }
    const table = Object.fromEntries([...seen].map(([kind, { count, words }]) => [kind, [count, [...words].join()]]));
    expect(table).toEqual(verdicts);
  });

  test('the good ones are these', () => {
    expect(judged.filter(({ good }) => good).map(({ number }) => number)).toEqual(goodNumbers);
  });
});
