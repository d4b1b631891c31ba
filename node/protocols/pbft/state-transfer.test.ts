import { describe, expect, test } from 'vitest';
import { appliedTo, ofKind, Replica } from './fixture.ts';
import { checkpointInterval } from './history.ts';
import type { Manifest, Piece, Snapshot } from './messages.ts';
import { batches, bytes, cryptoOf, decided, digest, first, historyOf, signed } from './signed-fixture.ts';
import { savedStatement, snapshotText } from './statements.ts';

const slot = checkpointInterval;
const pieces = ['one', 'two'];
const snapshot: Snapshot = { slot, history: historyOf(batches(slot)), total: 100, pieces: pieces.map(digest) };
const statement = savedStatement(slot, cryptoOf('n1').digest(snapshotText(snapshot)));
const manifest: Manifest = {
  type: 'manifest',
  proven: { snapshot, signatures: first(3).map((by) => signed(by, statement)) },
};
const piece = (at: number): Piece => ({ type: 'piece', slot, piece: at, bytes: bytes(pieces[at] ?? '') });

describe('a state of another replica', () => {
  test('takes the place of what this one has, once all of it is here', () => {
    const replica = new Replica({ id: 'n4' });
    expect(ofKind('send', replica.hear('n1', manifest))).toMatchObject([{ to: 'n1', msg: { piece: 0 } }]);
    expect(ofKind('send', replica.hear('n1', piece(0)))).toMatchObject([{ to: 'n1', msg: { piece: 1 } }]);
    expect(ofKind('install', replica.hear('n1', piece(1)))).toMatchObject([{ index: slot }]);
    replica.step({ kind: 'installed', index: slot, bytes: 6 });
    expect(replica.view()).toMatchObject({ commitIndex: slot });
  });

  test.each([
    ['as far as it is', slot],
    ['further', slot + 2],
  ])('is given up where this one has come %s by itself before', (_, reached) => {
    const replica = new Replica({ id: 'n4' });
    replica.hear('n1', manifest, piece(0));
    replica.hear('n3', decided(1, batches(reached)));
    expect(replica.hear('n1', piece(1))).toEqual([]);
    expect(replica.refused()).toEqual({ known: 1 });
    expect(replica.hear('n1', piece(1))).toEqual([]);
    expect(replica.view()).toMatchObject({ commitIndex: reached });
  });

  test('is not asked for where this one is there already', () => {
    const replica = appliedTo(slot, { id: 'n4' });
    expect(replica.hear('n1', manifest)).toEqual([]);
  });
});
