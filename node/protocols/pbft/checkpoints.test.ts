import { describe, expect, test } from 'vitest';
import { appliedTo, learning, ofKind, persist, Replica, sharing, toOthers } from './fixture.ts';
import type { Checkpoint, StableCheckpoint } from './messages.ts';
import {
  batches,
  certificate,
  change,
  checkpoint,
  choice,
  decided,
  digest,
  first,
  historyOf,
  propose,
  share,
  stable,
} from './signed-fixture.ts';

const keeping = (of: StableCheckpoint) => persist({ kind: 'stable', checkpoint: of });
const other = digest('another history');

// Section 4.3.
describe('a checkpoint', () => {
  test('is taken when slot 16 is applied, of all batches up to it', () => {
    const replica = appliedTo(15);
    expect(replica.hear('n3', decided(16, ['b16']))).toEqual([
      ...learning(certificate('slow', 16, 'b16'), 'b16'),
      ...toOthers(replica, checkpoint('n1', 16)),
    ]);
    expect(ofKind('send', replica.hear('n3', decided(17, ['b17'])))).toEqual([]);
  });

  test('is of other batches another one, and of the same ones in another order too', () => {
    const swapped = [...batches(14), 'b16', 'b15'];
    const effects = new Replica().hear('n3', decided(1, swapped));
    const sent = ofKind('send', effects).map(({ msg }) => msg);
    expect(sent).toContainEqual(checkpoint('n1', 16, historyOf(swapped)));
    expect(historyOf(swapped)).not.toBe(historyOf(batches(16)));
  });

  test('is stable when a quorum has it, and kept with the proof', () => {
    const replica = appliedTo(16);
    expect(replica.hearSigned(checkpoint('n3', 16))).toEqual([]);
    expect(replica.hearSigned(checkpoint('n4', 16))).toEqual([keeping(stable(16, ['n1', 'n3', 'n4']))]);
    expect(replica.hearSigned(checkpoint('n2', 16))).toEqual([]);
  });

  test('takes five among seven', () => {
    const replica = appliedTo(16, { nodes: 7 });
    expect(replica.hearSigned(...['n2', 'n3', 'n4'].map((by) => checkpoint(by, 16)))).toEqual([]);
    expect(replica.hearSigned(checkpoint('n5', 16))).toEqual([keeping(stable(16, first(5)))]);
  });

  test('counts once it is durable what it is made of', () => {
    const replica = appliedTo(15);
    replica.isDiskSlow = true;
    replica.hear('n3', decided(16, ['b16']));
    expect(replica.hearSigned(checkpoint('n3', 16), checkpoint('n4', 16))).toEqual([]);
    expect(replica.sync()).toEqual([keeping(stable(16, ['n3', 'n4', 'n1']))]);
  });

  test.each<[string, Checkpoint]>([
    ['of another history', checkpoint('n4', 16, other)],
    ['of one who was counted', checkpoint('n3', 16)],
    ['of one who is no member', checkpoint('n5', 16)],
    [
      'in the name of another one',
      { ...checkpoint('n3', 16), signature: { ...checkpoint('n3', 16).signature, signer: 'n4' } },
    ],
    ['signed for another slot', { ...checkpoint('n4', 32), slot: 16 }],
    ['of another slot', checkpoint('n4', 32)],
  ])('does not count one %s', (_, wrong) => {
    const replica = appliedTo(16);
    replica.hearSigned(checkpoint('n3', 16));
    expect(replica.hear('n4', wrong)).toEqual([]);
    expect(replica.hearSigned(checkpoint('n2', 16))).toEqual([keeping(stable(16, ['n1', 'n3', 'n2']))]);
  });

  // What anybody may send is bounded: a tally is kept for few slots.
  test.each([
    ['in no slot where one is taken', 17],
    ['in slot 0', 0],
    ['two windows and more ahead', 144],
  ])('is not counted %s', (_, slot) => {
    const replica = new Replica();
    expect(replica.hearSigned(...['n2', 'n3', 'n4'].map((by) => checkpoint(by, slot, other)))).toEqual([]);
  });
});

describe('a stable checkpoint of another replica', () => {
  test('is taken where it is proven, and once', () => {
    const replica = appliedTo(16);
    const msg = { type: 'stable', checkpoint: stable(16, ['n2', 'n3', 'n4']) } as const;
    expect(replica.hear('n2', msg)).toEqual([keeping(msg.checkpoint)]);
    expect(replica.hear('n3', msg)).toEqual([]);
  });

  test.each<[string, StableCheckpoint]>([
    ['of too few', stable(16, ['n2', 'n3'])],
    ['of one replica twice', stable(16, ['n2', 'n3', 'n3'])],
    ['that is proven for another slot', { ...stable(16), slot: 32 }],
    ['where none is taken', stable(17)],
    ['that is where all begin', stable(0)],
  ])('is not taken: one %s', (_, wrong) => {
    expect(appliedTo(16).hear('n2', { type: 'stable', checkpoint: wrong })).toEqual([]);
  });

  test('is not taken in place of a later one', () => {
    const replica = new Replica();
    replica.hear('n2', { type: 'stable', checkpoint: stable(32) });
    expect(replica.hear('n2', { type: 'stable', checkpoint: stable(16) })).toEqual([]);
  });
});

describe('when a checkpoint is stable', () => {
  const settle = (replica: Replica) => replica.hear('n2', { type: 'stable', checkpoint: stable(16) });

  test('the window moves on by as much', () => {
    const backup = appliedTo(16, { id: 'n2' });
    expect(backup.hearSigned(propose(65, 'x'))).toEqual([]);
    settle(backup);
    expect(backup.hearSigned(propose(80, 'x'))).toContainEqual(sharing(choice(80, 'x'), 'x'));
    expect(backup.hearSigned(propose(81, 'y'), propose(16, 'z'))).toEqual([]);
  });

  // Section 4.3: what is before the checkpoint is discarded.
  test('the slots up to it are let go, and their batches; what is behind it stays', () => {
    const replica = appliedTo(17, { logCacheBytes: 0 });
    const before = replica.heldBytes();
    settle(replica);
    expect(before - replica.heldBytes()).toBe(batches(16).join('').length);
    expect(replica.hear('n2', { type: 'ask-bodies', digests: [digest('b16'), digest('b17')] })).toMatchObject([
      { kind: 'send', msg: { payloads: [new TextEncoder().encode('b17')] } },
    ]);
  });

  test('votes for slots up to it are of no use any more', () => {
    const backup = appliedTo(16, { id: 'n2' });
    settle(backup);
    expect(backup.hearSigned(...['n1', 'n3', 'n4'].map((by) => share(by, 16, 'x')))).toEqual([]);
    expect(backup.view().lastIndex).toBe(16);
  });

  test('nothing is reported of the slots up to it, for it proves them', () => {
    const replica = appliedTo(17);
    settle(replica);
    const effects = replica.hearSigned(change('n3', 2), change('n4', 2));
    const report = { slot: 17, decided: certificate('slow', 17, 'b17') };
    expect(effects).toEqual(expect.arrayContaining(toOthers(replica, change('n1', 2, [report], stable(16)))));
  });

  // Planted bug P6: the primary may have its quorum before the others have theirs.
  test('the primary goes on where its window was full', () => {
    const primary = new Replica();
    for (let id = 1; id <= 66; id += 1) primary.write(id, `b${id}`);
    expect(primary.view().lastIndex).toBe(64);
    primary.hearSigned(checkpoint('n2', 16), checkpoint('n3', 16));
    expect(primary.view().lastIndex).toBe(64);
    expect(primary.hearSigned(checkpoint('n4', 16))).toEqual([
      keeping(stable(16, ['n2', 'n3', 'n4'])),
      ...[65, 66].flatMap((slot) => [
        sharing(choice(slot, `b${slot}`), `b${slot}`),
        ...toOthers(primary, propose(slot, `b${slot}`)),
      ]),
    ]);
  });
});

// Planted bug P5: the last stable checkpoint is not the last that this replica has applied.
describe('a checkpoint beyond what is applied here', () => {
  test('moves the window, and nothing is applied by that', () => {
    const backup = appliedTo(3, { id: 'n2' });
    expect(backup.hearSigned(...['n1', 'n3', 'n4'].map((by) => checkpoint(by, 16)))).toEqual([
      keeping(stable(16, ['n1', 'n3', 'n4'])),
    ]);
    expect(backup.view()).toMatchObject({ role: 'backup', epoch: 0, commitIndex: 3 });
    expect(backup.hearSigned(propose(80, 'x'))).toContainEqual(sharing(choice(80, 'x'), 'x'));
  });

  test('is proven again by nobody who comes there later, and has come there by the same way', () => {
    const backup = new Replica({ id: 'n2' });
    backup.hear('n3', { type: 'stable', checkpoint: stable(16) });
    const effects = backup.hear('n3', decided(1, batches(16)));
    expect(ofKind('apply', effects).map(({ index }) => index)).toEqual(batches(16).map((_, at) => at + 1));
    expect(ofKind('send', effects)).toEqual([]);
  });
});

describe('a replica whose history is not that of a quorum stops', () => {
  const mismatch = 'what was applied up to slot 16 is not what a quorum has applied';

  test('where it is told of that', () => {
    const replica = appliedTo(16);
    replica.hearSigned(checkpoint('n2', 16, other), checkpoint('n3', 16, other));
    expect(() => replica.hearSigned(checkpoint('n4', 16, other))).toThrow(mismatch);
  });

  test('where it is told of that when it has gone on', () => {
    const msg = { type: 'stable', checkpoint: stable(16, ['n2', 'n3', 'n4'], other) } as const;
    expect(() => appliedTo(17).hear('n2', msg)).toThrow(mismatch);
    expect(() => appliedTo(17).restarted().hear('n2', msg)).toThrow(mismatch);
  });

  test('where it comes to that', () => {
    const replica = appliedTo(15);
    replica.hear('n2', { type: 'stable', checkpoint: stable(16, first(3), other) });
    expect(() => replica.hear('n3', decided(16, ['b16']))).toThrow(mismatch);
  });
});
