import { describe, expect, test } from 'vitest';
import { appliedTo, ofKind, Replica, sendNow } from './fixture.ts';
import { checkpointInterval } from './history.ts';
import type { Manifest, Piece, Snapshot } from './messages.ts';
import { batches, bytes, cryptoOf, decided, digest, first, historyOf, signed, status } from './signed-fixture.ts';
import { savedStatement, snapshotText } from './statements.ts';

const slot = checkpointInterval;
const pieces = ['one', 'two'];

function manifestOf(slot: number): Manifest {
  const snapshot: Snapshot = { slot, history: historyOf(batches(slot)), total: 100, pieces: pieces.map(digest) };
  const statement = savedStatement(slot, cryptoOf('n1').digest(snapshotText(snapshot)));
  return { type: 'manifest', proven: { snapshot, signatures: first(3).map((by) => signed(by, statement)) } };
}

const manifest = manifestOf(slot);
const piece = (at: number): Piece => ({ type: 'piece', slot, piece: at, bytes: bytes(pieces[at] ?? '') });
const asksFor = (to: string, piece: number, of = slot) => sendNow(to, { type: 'fetch-piece', slot: of, piece });
/** So many beats without a word of anybody. */
const beats = (replica: Replica, count: number) => Array.from({ length: count }, () => replica.timeout('beat'));

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

describe('the source of a state', () => {
  test('is asked for nothing whose proof is wrong', () => {
    const replica = new Replica({ id: 'n4' });
    const { snapshot, signatures } = manifest.proven;
    expect(replica.hear('n2', { type: 'manifest', proven: { snapshot, signatures: signatures.slice(1) } })).toEqual([]);
    replica.hear('n1', manifest);
    beats(replica, 2);
    const forged = { snapshot: { ...snapshot, pieces: [digest('forged')] }, signatures };
    expect(replica.hear('n2', { type: 'manifest', proven: forged })).toEqual([]);
    expect(replica.refused()).toEqual({ invalid: 2 });
  });

  test.each([
    ['of the same state', manifest],
    ['of a newer one', manifestOf(2 * slot)],
  ])('stays the same while it goes on, whoever repeats the proof %s', (_, repeated) => {
    const replica = new Replica({ id: 'n4' });
    replica.hear('n1', manifest);
    expect(replica.hear('n2', repeated)).toEqual([]);
    expect(replica.hear('n1', piece(0))).toContainEqual(asksFor('n1', 1));
    beats(replica, 1);
    expect(replica.hear('n2', repeated)).toEqual([]);
    expect(ofKind('install', replica.hear('n1', piece(1)))).toMatchObject([{ index: slot }]);
    expect(replica.refused()).toEqual({ unasked: 2 });
  });

  test('is whoever goes on, once it has stopped; who only repeats the proof then stops nobody', () => {
    const replica = new Replica({ id: 'n4' });
    for (const id of ['n1', 'n2', 'n3']) replica.hear(id, status({ applied: 2 * slot }));
    replica.hear('n1', manifest);
    const idle = beats(replica, 2);
    expect(ofKind('send', idle[1] ?? [])).toContainEqual(sendNow('n1', { type: 'fetch', from: 1 }));
    expect(replica.hear('n3', manifest)).toEqual([asksFor('n3', 0)]);
    expect(replica.hear('n2', manifest)).toEqual([asksFor('n2', 0)]);
    expect(replica.hear('n3', piece(0))).toContainEqual(asksFor('n3', 1));
    expect(replica.hear('n2', manifest)).toEqual([]);
  });

  test('who has another state is asked for a piece of this one, which it may have kept', () => {
    const replica = new Replica({ id: 'n4' });
    replica.hear('n1', manifest, piece(0));
    beats(replica, 2);
    expect(replica.hear('n3', manifestOf(2 * slot))).toEqual([asksFor('n3', 1)]);
    expect(ofKind('install', replica.hear('n3', piece(1)))).toMatchObject([{ index: slot }]);
  });

  test.each([
    ['newer', slot, 2 * slot],
    ['older', 2 * slot, slot],
  ])('has another state in the end, also a %s one, where nobody goes on with this one', (_, begun, other) => {
    const replica = new Replica({ id: 'n4' });
    replica.hear('n1', manifestOf(begun));
    // The first beat follows what it began with; then each of the others has its turn, and one a second one.
    beats(replica, 4);
    expect(replica.hear('n2', manifestOf(other))).toEqual([asksFor('n2', 0, begun)]);
    beats(replica, 1);
    expect(replica.hear('n2', manifestOf(other))).toEqual([asksFor('n2', 0, other)]);
    expect(replica.hear('n3', manifestOf(begun))).toEqual([]);
    expect(replica.hear('n2', { ...piece(0), slot: other })).toContainEqual(asksFor('n2', 1, other));
  });

  test('is forgotten where this replica has come further by itself', () => {
    const replica = new Replica({ id: 'n4' });
    replica.hear('n1', manifest, piece(0));
    replica.hear('n3', decided(1, batches(slot)));
    expect(replica.hear('n2', manifestOf(2 * slot))).toEqual([asksFor('n2', 0, 2 * slot)]);
  });
});
