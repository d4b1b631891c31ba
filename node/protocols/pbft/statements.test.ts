import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Certificate, Choice, SlotReport, ViewChange } from './messages.ts';
import {
  checkpointStatement,
  newViewStatement,
  savedStatement,
  snapshotText,
  viewChangeStatement,
  voteStatement,
} from './statements.ts';

const text = (statement: Uint8Array) => new TextDecoder().decode(statement);
const a = 'a'.repeat(64);
const b = 'b'.repeat(64);
const signature = (signer: string) => ({ signer, bytes: Uint8Array.of(1, 171, 0) });

function certificate(kind: Certificate['kind'], slot: number, view: number, digest: string): Certificate {
  return { kind, view, slot, digest, signatures: [signature('n1')] };
}

function change(fields: Partial<ViewChange> = {}): ViewChange {
  const stable = { slot: 32, digest: a, signatures: [signature('n4')] };
  return { type: 'view-change', view: 3, stable, slots: [], signature: signature('n1'), ...fields };
}

const slots: readonly SlotReport[] = [
  { slot: 33, decided: certificate('fast', 33, 1, a), prepared: certificate('prepared', 33, 0, b) },
  { slot: 35, prepared: certificate('prepared', 35, 2, b), share: { view: 2, digest: b } },
  { slot: 40, share: { view: 1, digest: a } },
];

// Other versions of a replica, and whoever holds evidence, have to come to the same bytes: a change here ends old signatures.
describe('what is signed', () => {
  test('under a vote', () => {
    const choice: Choice = { view: 3, slot: 7, digest: a };
    expect(text(voteStatement('share', choice))).toBe(`pbft share slot 7 view 3 batch ${a}`);
    expect(text(voteStatement('commit', choice))).toBe(`pbft commit slot 7 view 3 batch ${a}`);
  });

  test('under a checkpoint', () => {
    expect(text(checkpointStatement(32, a))).toBe(`pbft checkpoint slot 32 history ${a}`);
  });

  test('under a snapshot, of which the digest stands for all', () => {
    expect(text(savedStatement(32, a))).toBe(`pbft saved slot 32 snapshot ${a}`);
    const snapshot = { slot: 32, history: a, total: 1234, pieces: [b, a] };
    expect(text(snapshotText(snapshot))).toBe(`pbft snapshot slot 32 history ${a} bytes 1234\n${b}\n${a}`);
  });

  test('under a VIEW-CHANGE', () => {
    expect(text(viewChangeStatement(change()))).toBe(`pbft view-change 3 stable 32 history ${a}`);
    expect(text(viewChangeStatement(change({ slots }))).split('\n')).toEqual([
      `pbft view-change 3 stable 32 history ${a}`,
      `slot 33 decided fast view 1 batch ${a} prepared view 0 batch ${b}`,
      `slot 35 prepared view 2 batch ${b} share view 2 batch ${b}`,
      `slot 40 share view 1 batch ${a}`,
    ]);
  });

  test('under a NEW-VIEW', () => {
    const changes = [change(), change({ slots: slots.slice(2), signature: signature('n3') })];
    expect(text(newViewStatement({ view: 3, changes })).split('\n')).toEqual([
      'pbft new-view 3',
      'by n1 01ab00',
      `pbft view-change 3 stable 32 history ${a}`,
      'by n3 01ab00',
      `pbft view-change 3 stable 32 history ${a}`,
      `slot 40 share view 1 batch ${a}`,
    ]);
  });
});

describe('no signature stands for another', () => {
  test('each thing that a VIEW-CHANGE says makes a difference', () => {
    const said = [
      change(),
      change({ view: 4 }),
      change({ stable: { slot: 64, digest: a, signatures: [] } }),
      change({ stable: { slot: 32, digest: b, signatures: [] } }),
      change({ slots: [{ slot: 33, decided: certificate('slow', 33, 1, a) }] }),
      change({ slots: [{ slot: 33, decided: certificate('fast', 33, 1, a) }] }),
      change({ slots: [{ slot: 33, decided: certificate('fast', 33, 2, a) }] }),
      change({ slots: [{ slot: 33, prepared: certificate('prepared', 33, 1, a) }] }),
      change({ slots: [{ slot: 33, share: { view: 1, digest: a } }] }),
      change({ slots: [{ slot: 33, share: { view: 1, digest: b } }] }),
      change({ slots: [{ slot: 34, share: { view: 1, digest: a } }] }),
      change({ slots: [{ slot: 33 }] }),
    ];
    const statements = said.map((each) => text(viewChangeStatement(each)));
    expect(new Set(statements).size).toBe(said.length);
  });

  // These prove themselves, and a replica may hold others for the same thing.
  test('which signatures prove it makes none', () => {
    const other = { ...certificate('prepared', 33, 1, a), signatures: [signature('n2'), signature('n3')] };
    expect(viewChangeStatement(change({ slots: [{ slot: 33, prepared: other }] }))).toEqual(
      viewChangeStatement(change({ slots: [{ slot: 33, prepared: certificate('prepared', 33, 1, a) }] })),
    );
  });

  const digest = fc.constantFrom(a, b);
  const number = fc.oneof(fc.nat(3), fc.maxSafeNat());
  const choice = fc.record({ view: number, slot: number, digest });
  const changes = fc
    .record({ view: number, stable: fc.record({ slot: number, digest, signatures: fc.constant([]) }) })
    .map((fields) => change(fields));
  const statements = [
    choice.map((each) => text(voteStatement('share', each))),
    choice.map((each) => text(voteStatement('commit', each))),
    choice.map(({ slot, digest: history }) => text(checkpointStatement(slot, history))),
    choice.map(({ slot, digest: snapshot }) => text(savedStatement(slot, snapshot))),
    changes.map((each) => text(viewChangeStatement(each))),
    fc
      .array(changes, { maxLength: 2 })
      .chain((each) => number.map((view) => text(newViewStatement({ view, changes: each })))),
  ] as const;

  test('statements of two kinds are never equal, whatever they say', () => {
    fc.assert(
      fc.property(fc.tuple(...statements), (ofEachKind) => {
        expect(new Set(ofEachKind).size).toBe(ofEachKind.length);
      }),
    );
  });

  test('votes for two choices are never equal', () => {
    fc.assert(
      fc.property(choice, choice, (one, other) => {
        const isSame = one.view === other.view && one.slot === other.slot && one.digest === other.digest;
        expect(text(voteStatement('share', one)) === text(voteStatement('share', other))).toBe(isSame);
      }),
    );
  });
});
