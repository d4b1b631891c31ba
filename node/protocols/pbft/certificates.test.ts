import { describe, expect, test } from 'vitest';
import { isCertificate, isCheckpoint, isDecision, isSigned, isStable, isVote, type Verifier } from './certificates.ts';
import type { Certificate } from './messages.ts';
import { sizesOf } from './quorum.ts';
import {
  bytes,
  certificate,
  choice,
  commit,
  cryptoOf,
  digest,
  first,
  origin,
  share,
  signed,
  stable,
} from './signed-fixture.ts';

const verifierOf = (nodes: number): Verifier => ({
  crypto: cryptoOf('n1'),
  members: first(nodes),
  sizes: sizesOf(nodes),
  fastQuorum: nodes,
});

describe('a signature', () => {
  const four = verifierOf(4);
  const statement = bytes('so it is');

  test('is good where a member has signed this very thing', () => {
    expect(isSigned(four, statement, signed('n2', statement))).toBe(true);
  });

  test.each([
    ['of one who is no member, though the key is known', signed('n5', statement)],
    ['of nobody who is known', { signer: 'n99', bytes: signed('n2', statement).bytes }],
    ['of another member in the name of this one', { signer: 'n2', bytes: signed('n3', statement).bytes }],
    ['of something else', signed('n2', bytes('so it is not'))],
    ['that is too short', { signer: 'n2', bytes: signed('n2', statement).bytes.subarray(1) }],
    ['of nothing', { signer: 'n2', bytes: new Uint8Array() }],
  ])('is not good: %s', (_, signature) => {
    expect(isSigned(four, statement, signature)).toBe(false);
  });

  test.each([
    ['the same choice', 'share', choice(5, 'x', 2), true],
    ['another phase', 'commit', choice(5, 'x', 2), false],
    ['another slot', 'share', choice(6, 'x', 2), false],
    ['another batch', 'share', choice(5, 'y', 2), false],
    ['another view', 'share', choice(5, 'x', 3), false],
  ] as const)('of a share, held against %s', (_, phase, of, stands) => {
    expect(isVote(four, phase, of, share('n2', 5, 'x', 2).signature)).toBe(stands);
  });

  test('of a checkpoint stands for its slot and its history', () => {
    const [signature] = stable(32, ['n2'], digest('x')).signatures;
    if (signature === undefined) throw new Error('a checkpoint of one has one signature');
    expect(isCheckpoint(four, 32, digest('x'), signature)).toBe(true);
    expect(isCheckpoint(four, 64, digest('x'), signature)).toBe(false);
    expect(isCheckpoint(four, 32, digest('y'), signature)).toBe(false);
  });
});

// At four replicas f + 1 and 2f are two both, so that seven are needed to tell a wrong number.
describe.each([4, 7])('a certificate among %i', (nodes) => {
  const verifier = verifierOf(nodes);
  const { quorum, all } = sizesOf(nodes);
  const holds = (proof: Certificate) => isCertificate(verifier, proof);

  test.each([
    { kind: 'prepared', needed: quorum },
    { kind: 'slow', needed: quorum },
    { kind: 'fast', needed: all },
  ] as const)('$kind: of at least $needed members', ({ kind, needed }) => {
    for (let count = 0; count <= all; count += 1) {
      expect(holds(certificate(kind, 5, 'x', 2, first(count)))).toBe(count >= needed);
    }
    expect(holds(certificate(kind, 5, 'x', 2, first(all).slice(-needed)))).toBe(true);
  });

  test('prepared: proves no decision', () => {
    expect(isDecision(verifier, certificate('prepared', 5, 'x', 2, first(all)))).toBe(false);
    expect(isDecision(verifier, certificate('slow', 5, 'x', 2, first(quorum)))).toBe(true);
    expect(isDecision(verifier, certificate('slow', 5, 'x', 2, first(quorum - 1)))).toBe(false);
    expect(isDecision(verifier, certificate('fast', 5, 'x', 2, first(all)))).toBe(true);
    expect(isDecision(verifier, certificate('fast', 5, 'x', 2, first(all - 1)))).toBe(false);
  });

  // Planted bug P4, and Castro and Liskov (1999), section 4.2: "from different replicas".
  test('is none where a signer comes twice, even beside enough others', () => {
    expect(holds(certificate('prepared', 5, 'x', 2, ['n1', ...first(quorum - 1)]))).toBe(false);
    expect(holds(certificate('prepared', 5, 'x', 2, ['n1', ...first(quorum)]))).toBe(false);
  });

  test('is none with a signer from outside, even beside enough others', () => {
    expect(holds(certificate('prepared', 5, 'x', 2, [...first(quorum - 1), 'n10']))).toBe(false);
    expect(holds(certificate('prepared', 5, 'x', 2, [...first(quorum), 'n10']))).toBe(false);
    expect(holds(certificate('prepared', 5, 'x', 2, [...first(all), 'n10']))).toBe(false);
  });

  // Planted bug P3: all of it is verified, not as much as is enough.
  test('is none with one signature that is not good, even beside enough others', () => {
    const good = certificate('prepared', 5, 'x', 2, first(quorum));
    for (const wrong of [share(`n${all}`, 5, 'y', 2), share(`n${all}`, 6, 'x', 2), commit(`n${all}`, 5, 'x', 2)]) {
      expect(holds({ ...good, signatures: [...good.signatures, wrong.signature] })).toBe(false);
      expect(holds({ ...good, signatures: [wrong.signature, ...good.signatures.slice(1)] })).toBe(false);
    }
  });

  test('stands for the one choice and for no other', () => {
    const good = certificate('slow', 5, 'x', 2, first(quorum));
    expect(holds(good)).toBe(true);
    expect(holds({ ...good, slot: 6 })).toBe(false);
    expect(holds({ ...good, view: 1 })).toBe(false);
    expect(holds({ ...good, digest: digest('y') })).toBe(false);
  });

  test('of one phase is none of the other', () => {
    expect(holds({ ...certificate('prepared', 5, 'x', 2, first(quorum)), kind: 'slow' })).toBe(false);
    expect(holds({ ...certificate('slow', 5, 'x', 2, first(quorum)), kind: 'prepared' })).toBe(false);
    expect(holds({ ...certificate('slow', 5, 'x', 2, first(all)), kind: 'fast' })).toBe(false);
  });
});

describe.each([4, 7])('a stable checkpoint among %i', (nodes) => {
  const verifier = verifierOf(nodes);
  const { quorum } = sizesOf(nodes);

  // Section 4.3: "2f + 1 checkpoint messages ... with the same state digest".
  test('is signed by a quorum', () => {
    expect(isStable(verifier, origin, stable(32, first(quorum)))).toBe(true);
    expect(isStable(verifier, origin, stable(32, first(nodes)))).toBe(true);
    expect(isStable(verifier, origin, stable(32, first(quorum - 1)))).toBe(false);
    expect(isStable(verifier, origin, stable(32, ['n1', ...first(quorum - 1)]))).toBe(false);
    expect(isStable(verifier, origin, stable(32, []))).toBe(false);
  });

  test('stands for one slot and one history', () => {
    expect(isStable(verifier, origin, { ...stable(32, first(quorum)), slot: 64 })).toBe(false);
    expect(isStable(verifier, origin, { ...stable(32, first(quorum)), digest: digest('y') })).toBe(false);
  });

  test('is where all begin, which nobody signs', () => {
    expect(isStable(verifier, origin, stable(0))).toBe(true);
    expect(isStable(verifier, origin, { ...stable(0), digest: digest('y') })).toBe(false);
    expect(isStable(verifier, origin, { ...stable(0), signatures: stable(32).signatures })).toBe(false);
  });
});
