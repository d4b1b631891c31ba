/** A replica saves snapshots of its machine, and reads them for others. */
import { describe, expect, test } from 'vitest';
import { encodeBatch } from './machine/command.ts';
import { persist, scripted, send, stage, type TestEffect } from './scripted-replica.ts';
import {
  applies,
  batch,
  half,
  later,
  loads,
  machineAfter,
  nothing,
  put,
  saves,
  snapshot,
} from './scripted-snapshots.ts';

describe('a snapshot that is saved', () => {
  test('holds the state of its index, and the protocol hears of it once it is durable', () => {
    const { replica, begin, snapshots, inputs, taken } = stage(scripted({ go: [applies(1), saves(1)] }));
    begin();
    replica.receive('n2', 'go');
    expect(later(inputs)).toEqual([]);
    taken();
    snapshots.finish();
    expect(snapshots.saved.get(1)?.record).toBe('up to 1');
    expect(Buffer.from(snapshots.saved.get(1)?.bytes ?? nothing).equals(snapshot)).toBe(true);
    expect(later(inputs)).toEqual([{ kind: 'snapshotted', index: 1, bytes: snapshot.length }]);
    expect(taken().map((line) => JSON.parse(line))).toEqual([{ type: 'snapshot', index: 1, bytes: snapshot.length }]);
  });

  test('holds nothing that is applied while it is being saved', () => {
    const { replica, begin, snapshots } = stage(
      scripted({ go: [applies(1), saves(1)], on: [applies(2, encodeBatch([put('w', 2)]))] }),
    );
    begin();
    replica.receive('n2', 'go');
    replica.receive('n2', 'on');
    snapshots.finish();
    expect(Buffer.from(snapshots.saved.get(1)?.bytes ?? nothing).equals(snapshot)).toBe(true);
    expect(replica.appliedIndex).toBe(2);
    expect(replica.stateHash()).toBe(machineAfter(batch, encodeBatch([put('w', 2)])).digest());
  });

  test('is of the index that was applied last, or the replica stops', () => {
    const { replica, begin, taken } = stage(scripted({ go: [applies(1), saves(2), send('never')] }));
    begin();
    replica.receive('n2', 'go');
    expect(replica.stopped).toBe(true);
    expect(
      taken()
        .map((line) => JSON.parse(line))
        .at(-1),
    ).toEqual({
      type: 'stopped',
      reason: '2 is to be saved, and is not what is applied',
    });
  });

  test.each([
    { eager: false, before: 0 },
    { eager: true, before: 1 },
  ])('waits for the records before it, unless it is eager ($eager)', ({ eager, before }) => {
    const { replica, begin, disk, snapshots } = stage(
      scripted({ go: [applies(1), persist('a'), { ...saves(1), eager } as TestEffect] }),
    );
    begin();
    replica.receive('n2', 'go');
    snapshots.finish();
    expect(snapshots.saved.size).toBe(before);
    disk.sync();
    snapshots.finish();
    expect(snapshots.saved.size).toBe(1);
  });

  test('is of no account to a replica that has ended', () => {
    const { replica, begin, snapshots, inputs, taken, end } = stage(scripted({ go: [applies(1), saves(1)] }));
    begin();
    replica.receive('n2', 'go');
    taken();
    end.abort();
    snapshots.finish();
    expect(later(inputs)).toEqual([]);
    expect(taken()).toEqual([]);
  });

  test('that fails stops the replica', () => {
    const { replica, begin, snapshots, taken } = stage();
    begin();
    snapshots.onFailure(new Error('no space left'));
    expect(taken()).toEqual([JSON.stringify({ type: 'stopped', reason: 'a snapshot failed: no space left' })]);
    expect(replica.stopped).toBe(true);
  });

  test('goes with the records that are needed no more, once the records before that are durable', () => {
    const { replica, begin, disk, snapshots } = stage(
      scripted({ go: [persist('vote'), { kind: 'compact', position: 4, index: 2 }] }),
    );
    begin();
    replica.receive('n2', 'go');
    expect([disk.removedBefore, snapshots.removedBefore]).toEqual([1, 0]);
    disk.sync();
    expect([disk.removedBefore, snapshots.removedBefore]).toEqual([4, 2]);
  });
});

describe('a snapshot that is read for another replica', () => {
  test('comes back piece by piece; the last one says so', () => {
    const { replica, begin, snapshots, inputs } = stage(
      scripted({ first: [loads(7, 0, half)], last: [loads(7, half, 1e6)] }),
    );
    snapshots.saved.set(7, { record: 'up to 7', bytes: snapshot });
    begin();
    replica.receive('n2', 'first');
    expect(later(inputs)).toEqual([]);
    snapshots.finish();
    expect(later(inputs)).toEqual([
      { kind: 'loaded', index: 7, offset: 0, bytes: snapshot.subarray(0, half), last: false },
    ]);
    replica.receive('n2', 'last');
    snapshots.finish();
    expect(later(inputs)[1]).toEqual({
      kind: 'loaded',
      index: 7,
      offset: half,
      bytes: snapshot.subarray(half),
      last: true,
    });
  });
});
