import { describe, expect, test } from 'vitest';
import { pbftCodec } from './codec.ts';
import { ofKind, Replica } from './fixture.ts';
import type { NewView, SlotReport, ViewChange } from './messages.ts';
import { withAllProofs, withProofsOnce } from './shared-proofs.ts';
import { certificate, change, digest, newView, propose, share, stable } from './signed-fixture.ts';

/** Each by other signers, as commits come in another order to each replica. */
const decided = (slot: number, by = ['n1', 'n2', 'n3']): SlotReport => ({
  slot,
  decided: certificate('slow', slot, `b${slot}`, 0, by),
});
const checkpoint = stable(8);
const changes: readonly ViewChange[] = [
  change('n1', 1, [decided(9), decided(10)], checkpoint),
  change(
    'n2',
    1,
    [decided(9, ['n2', 'n3', 'n4']), { slot: 10, share: { view: 0, digest: digest('b10') } }],
    checkpoint,
  ),
  change('n3', 1, [decided(9, ['n1', 'n3', 'n4']), decided(10, ['n2', 'n3', 'n4'])]),
];
const once = withProofsOnce(changes);

const signers = ({ stable: from, slots }: ViewChange) => [
  from.signatures.length,
  ...slots.map((report) => (report.decided ?? report.prepared)?.signatures.length),
];

describe('the proofs of several view changes', () => {
  test('stand once, where each comes first', () => {
    expect(once.map(signers)).toEqual([
      [3, 3, 3],
      [0, 0, undefined],
      [0, 0, 0],
    ]);
  });

  test('what is signed of them stays as it was', () => {
    expect(newView(1, once)).toEqual({ ...newView(1, changes), changes: once });
    expect(once.map(({ signature }) => signature)).toEqual(changes.map(({ signature }) => signature));
  });

  test('come back to all, with the signatures of the first', () => {
    const all = withAllProofs(once);
    expect(all.map(signers)).toEqual([
      [3, 3, 3],
      [3, 3, undefined],
      [0, 3, 3],
    ]);
    expect(all[1]?.slots[0]?.decided).toEqual(changes[0]?.slots[0]?.decided);
    expect(withAllProofs(changes)).toEqual(changes);
  });

  test('are told apart by all that they say: the kind, the view, the slot and the batch', () => {
    const of = (report: SlotReport) => change('n1', 3, [report]);
    const different = [
      of({ slot: 1, prepared: certificate('prepared', 1, 'a', 0) }),
      of({ slot: 1, prepared: certificate('prepared', 1, 'a', 1) }),
      of({ slot: 1, prepared: certificate('prepared', 1, 'b', 1) }),
      of({ slot: 1, decided: certificate('slow', 1, 'b', 1) }),
      of({ slot: 2, decided: certificate('slow', 2, 'b', 1) }),
    ];
    expect(withProofsOnce(different)).toEqual(different);
  });
});

describe('a NEW-VIEW with each proof once', () => {
  /** What n4 keeps of a view that it begins. */
  const entered = (msg: NewView) => {
    const replica = new Replica({ id: 'n4' });
    return ofKind('persist', replica.hearSigned(msg)).flatMap(({ record }) =>
      record.kind === 'enter' ? [record] : [],
    );
  };

  test('begins the same view as one with all, and is kept in the same way', () => {
    expect(entered(newView(1, once))).toEqual([{ kind: 'enter', newView: newView(1, once) }]);
    expect(entered(newView(1, changes))).toEqual(entered(newView(1, once)));
  });

  test('begins none where a proof is nowhere', () => {
    const bare = once.map((each, at) => (at === 0 ? { ...each, slots: each.slots.map(withoutProof) } : each));
    expect(entered(newView(1, bare))).toEqual([]);
  });

  test('begins none where a proof is that of another batch', () => {
    const other = certificate('slow', 9, 'other');
    const forged = once.map((each, at) =>
      at === 0 ? change('n1', 1, [{ slot: 9, decided: { ...other, digest: digest('b9') } }], checkpoint) : each,
    );
    expect(entered(newView(1, forged))).toEqual([]);
  });

  test('is what a primary sends', () => {
    const primary = new Replica({ id: 'n2' });
    primary.hearSigned(propose(1, 'a'), share('n3', 1, 'a'));
    const report = { slot: 1, prepared: certificate('prepared', 1, 'a') };
    primary.hearSigned(change('n3', 1, [report]));
    const sent = primary.hearSigned(
      change('n4', 1, [{ ...report, prepared: certificate('prepared', 1, 'a', 0, ['n2', 'n3', 'n4']) }]),
    );
    const msg = ofKind('send', [...sent, ...primary.hearSigned(change('n1', 1, [report]))]).find(
      (effect) => effect.msg.type === 'new-view',
    )?.msg;
    if (msg?.type !== 'new-view') throw new Error('no view began');
    expect(msg.changes.map((each) => each.slots.map(({ prepared }) => prepared?.signatures.length))).toEqual([
      [3],
      [0],
      [0],
    ]);
  });

  // Each of q view changes had q signatures of each proof.
  test('takes room for each proof once, not for each replica', () => {
    const size = (msg: NewView) =>
      pbftCodec.encodeRecord({ kind: 'enter', newView: msg }).reduce((bytes, piece) => bytes + piece.length, 0);
    const [whole, short] = [size(newView(1, changes)), size(newView(1, once))];
    const [signature] = checkpoint.signatures;
    const proofs = 4;
    expect(whole - short).toBe(proofs * 3 * (4 + 2 + 4 + (signature?.bytes.length ?? 0)));
  });
});

function withoutProof(report: SlotReport): SlotReport {
  return report.decided === undefined ? report : { ...report, decided: { ...report.decided, signatures: [] } };
}
