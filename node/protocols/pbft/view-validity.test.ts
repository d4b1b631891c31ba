import { describe, expect, test } from 'vitest';
import type { SlotReport, ViewChange } from './messages.ts';
import { sizesOf } from './quorum.ts';
import { correctRules } from './rules.ts';
import { certificate, change, cryptoOf, digest, first, newView, origin, signed, stable } from './signed-fixture.ts';
import { newViewStatement } from './statements.ts';
import { isNewView, isViewChange, type ViewVerifier } from './view-validity.ts';

const windowSlots = 128;

const verifierOf = (nodes: number): ViewVerifier => ({
  crypto: cryptoOf('n1'),
  members: first(nodes),
  sizes: sizesOf(nodes),
  fastQuorum: nodes,
  origin,
  windowSlots,
  judge: correctRules.judge(),
});

// At four replicas f + 1 and 2f are two both, so that seven are needed to tell a wrong number.
describe.each([4, 7])('a VIEW-CHANGE for view 3 among %i', (nodes) => {
  const verifier = verifierOf(nodes);
  const { quorum } = sizesOf(nodes);
  const enough = first(quorum);
  const tooFew = first(quorum - 1);
  const holds = (msg: ViewChange) => isViewChange(verifier, msg);
  const reporting = (...slots: readonly SlotReport[]) => holds(change('n2', 3, slots, stable(32, enough)));

  const prepared = (slot: number, view: number, signers = enough) => certificate('prepared', slot, 'x', view, signers);
  const slow = (slot: number, view: number, signers = enough) => certificate('slow', slot, 'x', view, signers);
  const fast = (slot: number, view: number, signers = first(nodes)) => certificate('fast', slot, 'x', view, signers);
  const shared = (view: number) => ({ share: { view, digest: digest('x') } });

  test('of a replica that has done nothing', () => {
    expect(holds(change('n2', 3))).toBe(true);
  });

  test('with all that there is to say', () => {
    expect(
      reporting(
        { slot: 33, decided: fast(33, 0), prepared: prepared(33, 2), ...shared(2) },
        { slot: 34, decided: slow(34, 2) },
        { slot: 35, prepared: prepared(35, 0), ...shared(1) },
        { slot: 160, ...shared(2) },
      ),
    ).toBe(true);
  });

  describe('is signed', () => {
    const good = change('n2', 3, [{ slot: 33, ...shared(1) }], stable(32, enough));

    test.each<[string, Partial<ViewChange>]>([
      ['for another view', { view: 4 }],
      ['with other slots', { slots: [] }],
      ['with another share', { slots: [{ slot: 33, ...shared(0) }] }],
      ['with another stable checkpoint', { stable: stable(0) }],
      ['in the name of another', { signature: { ...good.signature, signer: 'n3' } }],
    ])('and not one %s', (_, other) => {
      expect(holds(good)).toBe(true);
      expect(holds({ ...good, ...other })).toBe(false);
    });

    test('by a member', () => {
      expect(holds(change('n10', 3))).toBe(false);
    });
  });

  // Section 4.4: "n is the sequence number of the last stable checkpoint s known to i, C is a set of 2f + 1 valid checkpoint
  // messages proving the correctness of s".
  describe('proves its stable checkpoint', () => {
    test.each([
      ['by a quorum', stable(32, enough), true],
      ['and not by less', stable(32, tooFew), false],
      ['and not by one signer twice', stable(32, ['n1', ...tooFew]), false],
      ['and not another slot', { ...stable(32, enough), slot: 64 }, false],
      ['and not another history', { ...stable(32, enough), digest: digest('y') }, false],
      ['and not another beginning', { ...stable(0), digest: digest('y') }, false],
    ])('%s', (_, checkpoint, isGood) => {
      expect(holds(change('n2', 3, [], checkpoint))).toBe(isGood);
    });
  });

  describe('reports slots', () => {
    test.each([
      ['in their order', [33, 34, 160], true],
      ['in no other order', [34, 33], false],
      ['not twice', [33, 33], false],
      ['not at the stable checkpoint', [32], false],
      ['not before it', [31, 33], false],
      ['up to the end of the window', [160], true],
      ['none behind it', [33, 161], false],
    ])('%s', (_, slots, isGood) => {
      expect(reporting(...slots.map((slot) => ({ slot, ...shared(0) })))).toBe(isGood);
    });
  });

  describe('speaks of the views before it', () => {
    test.each([
      [0, true],
      [2, true],
      [3, false],
      [4, false],
    ])('of view %i: %s', (view, isGood) => {
      expect(reporting({ slot: 33, ...shared(view) })).toBe(isGood);
      expect(reporting({ slot: 33, prepared: prepared(33, view) })).toBe(isGood);
      // Of a decision it may have heard from others, who have gone on.
      expect(reporting({ slot: 33, decided: slow(33, view) })).toBe(true);
      expect(reporting({ slot: 33, decided: fast(33, view) })).toBe(true);
    });
  });

  // Section 4.4: P has "a set P_m for each request m that prepared at i".
  describe('proves what it reports', () => {
    const other = fast(33, 1);
    test.each<[string, SlotReport]>([
      ['a prepared certificate of too few', { slot: 33, prepared: prepared(33, 1, tooFew) }],
      ['a prepared certificate of another slot', { slot: 33, prepared: prepared(34, 1) }],
      ['a prepared certificate of another batch', { slot: 33, prepared: { ...prepared(33, 1), digest: digest('y') } }],
      ['a prepared certificate of commits', { slot: 33, prepared: { ...slow(33, 1), kind: 'prepared' } }],
      ['a decision for a prepared certificate', { slot: 33, prepared: slow(33, 1) }],
      ['a fast decision for a prepared certificate', { slot: 33, prepared: other }],
      ['a prepared certificate for a decision', { slot: 33, decided: prepared(33, 1) }],
      ['a decision of too few', { slot: 33, decided: slow(33, 1, tooFew) }],
      ['a fast decision of a quorum', { slot: 33, decided: fast(33, 1, enough) }],
      ['a decision of another slot', { slot: 33, decided: slow(34, 1) }],
      ['a decision by shares', { slot: 33, decided: { ...prepared(33, 1), kind: 'slow' } }],
    ])('and not with %s', (_, report) => {
      expect(reporting(report)).toBe(false);
    });

    test('in each slot', () => {
      const good = { slot: 33, prepared: prepared(33, 1) };
      expect(reporting(good, { slot: 34, prepared: prepared(34, 1) })).toBe(true);
      expect(reporting(good, { slot: 34, prepared: prepared(34, 1, tooFew) })).toBe(false);
      expect(reporting({ ...good, decided: slow(33, 1, tooFew) })).toBe(false);
    });
  });
});

describe.each([4, 7])('a NEW-VIEW for view 1 among %i', (nodes) => {
  const verifier = verifierOf(nodes);
  const { quorum, all } = sizesOf(nodes);
  const changesOf = (signers: readonly string[], view = 1) => signers.map((by) => change(by, view));
  const holds = (changes: readonly ViewChange[], by = 'n2') => isNewView(verifier, newView(1, changes, by));

  // Section 4.4: "V is a set containing the valid view-change messages received by the primary plus the view-change message
  // ... the primary sent"; here of exactly a quorum, for more would let the primary choose what to leave out.
  test('is of the view changes of any quorum', () => {
    expect(holds(changesOf(first(quorum)))).toBe(true);
    expect(holds(changesOf(first(all).slice(-quorum)))).toBe(true);
    expect(holds(changesOf(first(quorum - 1)))).toBe(false);
    expect(holds(changesOf(first(quorum + 1)))).toBe(false);
    expect(holds([])).toBe(false);
  });

  test('is not of one replica twice, even if it says two things', () => {
    const [one, ...others] = changesOf(first(quorum - 1));
    const saysMore = change('n1', 1, [{ slot: 1, share: { view: 0, digest: digest('x') } }]);
    expect(holds([change('n1', 1), change('n1', 1), ...others])).toBe(false);
    expect(one).toEqual(change('n1', 1));
    expect(holds([change('n1', 1), saysMore, ...others])).toBe(false);
  });

  test('is not of view changes for another view', () => {
    for (const view of [0, 2]) {
      expect(holds([...changesOf(first(quorum - 1)), change(`n${quorum}`, view)])).toBe(false);
    }
  });

  test('is of view changes that are all valid', () => {
    const others = changesOf(first(quorum - 1));
    const last = `n${quorum}`;
    const unproven = certificate('prepared', 1, 'x', 0, first(quorum - 1));
    expect(holds([...others, change(last, 1, [{ slot: 1, prepared: unproven }])])).toBe(false);
    expect(holds([...others, { ...change(last, 1), signature: change('n1', 1).signature }])).toBe(false);
    expect(holds([...others, change('n10', 1)])).toBe(false);
  });

  test('is signed by the primary of the view', () => {
    const changes = changesOf(first(quorum));
    for (const other of ['n1', 'n3', 'n10']) expect(holds(changes, other)).toBe(false);
    const good = newView(1, changes);
    expect(isNewView(verifier, { ...good, signature: { ...good.signature, signer: 'n3' } })).toBe(false);
  });

  test('is signed as it is: with these view changes, in this order, for this view', () => {
    const changes = changesOf(first(quorum));
    const withSigned = (view: number, of: readonly ViewChange[]) =>
      isNewView(verifier, { ...newView(1, changes), signature: signed('n2', newViewStatement({ view, changes: of })) });
    expect(withSigned(1, changes)).toBe(true);
    expect(withSigned(1 + nodes, changes)).toBe(false);
    expect(withSigned(1, changesOf(first(all).slice(-quorum)))).toBe(false);
    expect(withSigned(1, changes.toReversed())).toBe(false);
  });
});
