/** What becomes of a disk over a long life: records that go, snapshots, slow times, and a new beginning. */
import { describe, expect, test } from 'vitest';
import { randomFor } from '../../random.ts';
import { diskLab as lab } from './disk-fixture.ts';

/** A disk whose removals leave `leftOver` records more than they were asked to, with `count` durable records. */
async function withRecords(count: number, leftOver: number) {
  const made = lab({ ...randomFor(1, 'disk'), integer: () => leftOver });
  const { storage, end } = made.open();
  for (let position = 1; position <= count; position += 1) storage.append(`r${position}`);
  await made.clock.sleep(5);
  return { ...made, storage, end };
}

describe('records that are needed no more', () => {
  test('go, and the others keep their positions', async () => {
    const { clock, disk, storage, open, end } = await withRecords(5, 0);
    storage.removeBefore(4);
    expect(disk.durable).toEqual({ records: ['r4', 'r5'], firstPosition: 4 });
    expect(storage.append('r6')).toBe(6);
    await clock.sleep(5);
    end.abort();
    expect(open().storage.append('r7')).toBe(7);
    expect(disk.durable).toEqual({ records: ['r4', 'r5', 'r6'], firstPosition: 4 });
  });

  test('may be left over: a log gives them up in larger pieces', async () => {
    const { clock, disk, storage } = await withRecords(5, 2);
    storage.removeBefore(3);
    expect(disk.durable.firstPosition).toBe(1);
    storage.removeBefore(5);
    expect(disk.durable).toEqual({ records: ['r3', 'r4', 'r5'], firstPosition: 3 });
    const taken: string[] = [];
    storage.read(3, (record) => void taken.push(record));
    await clock.sleep(5);
    expect(taken).toEqual(['r3']);
  });

  test('cannot be read again; one that is being read is read to its end', async () => {
    const { clock, storage } = await withRecords(5, 0);
    const seen: string[] = [];
    storage.onFailure = ({ message }) => void seen.push(message);
    storage.read(2, (record) => void seen.push(record));
    storage.removeBefore(4);
    storage.read(3, () => expect.unreachable());
    storage.read(4, (record) => void seen.push(record));
    await clock.sleep(5);
    expect(seen).toEqual(['r2', 'record 3 is not there to be read', 'r4']);
  });

  test('end before a durable one: the log cannot be asked for more', async () => {
    const { storage } = await withRecords(2, 0);
    storage.append('written, and not synced');
    expect(() => storage.removeBefore(3)).toThrow('record 3 is not durable');
    expect(() => storage.removeBefore(0)).toThrow('record 0 is not durable');
  });
});

describe('a slow disk', () => {
  test('takes longer for each sync that begins while it is slow, also in the next life', async () => {
    const { clock, disk, durable, open } = lab();
    const { storage, end } = open();
    storage.append('before');
    await clock.sleep(1);
    disk.slowBy(100);
    storage.append('slow');
    await clock.sleep(150);
    end.abort();
    const next = open();
    next.storage.append('slow still');
    await clock.sleep(150);
    disk.slowBy(0);
    next.storage.append('after');
    await clock.sleep(150);
    // The first was under way when the disk became slow.
    expect(durable).toEqual(['1@2', '2@104', '3@253', '4@303']);
  });

  test('takes as much longer for a snapshot', async () => {
    const { clock, disk } = lab();
    const snapshots = disk.snapshots.open(new AbortController().signal);
    const saved: number[] = [];
    disk.slowBy(100);
    snapshots.save(1, 'one', [new Uint8Array(1)].values(), () => void saved.push(clock.now()));
    await clock.sleep(200);
    expect(saved).toEqual([102.001]);
  });
});

describe('what a starting replica finds', () => {
  test('is the newest snapshot beside the records, and nothing at all once the disk was wiped', async () => {
    const { clock, disk, storage, open, end } = await withRecords(3, 0);
    const snapshots = disk.snapshots.open(end.signal);
    snapshots.save(2, 'two', [new Uint8Array(4)].values(), () => {});
    await clock.sleep(5);
    storage.removeBefore(3);
    storage.append('written, and not synced');
    expect(disk.durable).toEqual({
      records: ['r3'],
      firstPosition: 3,
      snapshot: { index: 2, record: 'two', bytes: 4 },
    });
    end.abort();
    disk.wipe();
    expect(disk.durable).toEqual({ records: [], firstPosition: 1, lost: 1 });
    expect(open().storage.append('first')).toBe(1);
    await clock.sleep(5);
    expect(disk.durable).toEqual({ records: ['first'], firstPosition: 1 });
  });

  test('is lost where it was wiped since a replica lived, at each start until something is durable again', async () => {
    const { clock, disk, open } = lab({ ...randomFor(1, 'disk'), integer: () => 0 });
    expect(disk.durable).not.toHaveProperty('lost');
    disk.wipe();
    expect(disk.durable, 'nobody has lived').not.toHaveProperty('lost');
    const first = open();
    first.end.abort();
    disk.crash();
    expect(disk.durable, 'nothing was synced, and so nothing was promised').not.toHaveProperty('lost');
    disk.wipe();
    expect(disk.durable).toHaveProperty('lost', 1);
    const second = open();
    second.storage.append('written, and not synced');
    second.end.abort();
    disk.crash();
    expect(disk.durable).toEqual({ records: [], firstPosition: 1, lost: 1 });
    open().storage.append('durable');
    await clock.sleep(5);
    expect(disk.durable).not.toHaveProperty('lost');
    disk.wipe();
    expect(disk.durable).toHaveProperty('lost', 2);
  });
});

describe('how much of a log is on the disk', () => {
  const lengthOf = (record: string) => record.length;

  test('is what is durable, less what was removed', async () => {
    const { clock, disk, storage } = await withRecords(5, 0);
    storage.append('written, and not synced');
    expect(disk.logUse(lengthOf)).toEqual({ records: 5, bytes: 10 });
    storage.removeBefore(4);
    expect(disk.logUse(lengthOf)).toEqual({ records: 2, bytes: 4 });
    await clock.sleep(5);
    expect(disk.logUse(lengthOf)).toEqual({ records: 3, bytes: 4 + 'written, and not synced'.length });
  });

  test('is the same however often it was asked for: each record is measured once', async () => {
    const { disk, storage } = await withRecords(5, 0);
    const measured: string[] = [];
    const sizeOf = (record: string) => measured.push(record) * 0 + 7;
    disk.logUse(sizeOf);
    storage.removeBefore(3);
    expect(disk.logUse(sizeOf)).toEqual({ records: 3, bytes: 21 });
    expect(measured).toEqual(['r1', 'r2', 'r3', 'r4', 'r5']);
  });

  test('counts what survived a crash, and is nothing after a wipe', async () => {
    const { disk, storage, end } = await withRecords(2, 1);
    storage.append('survives');
    storage.append('is lost');
    end.abort();
    disk.crash();
    expect(disk.logUse(lengthOf)).toEqual({ records: 3, bytes: 4 + 'survives'.length });
    disk.wipe();
    expect(disk.logUse(lengthOf)).toEqual({ records: 0, bytes: 0 });
  });
});
