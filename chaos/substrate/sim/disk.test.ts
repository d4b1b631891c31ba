import { describe, expect, test } from 'vitest';
import type { RandomSource } from '../../contracts/faults.ts';
import { randomFor } from '../../random.ts';
import { diskLab as lab } from './disk-fixture.ts';

/** Chance as usual, but for how many of the unsynced records survive a crash. */
function surviving(count: number): RandomSource {
  return { ...randomFor(1, 'disk'), integer: () => count };
}

describe('a sync', () => {
  test('makes durable what was written in the same turn, all of it at once', async () => {
    const { clock, disk, durable, open } = lab();
    const { storage } = open();
    expect([storage.append('a'), storage.append('b')]).toEqual([1, 2]);
    await clock.sleep(1.9);
    expect(disk.durable.records).toEqual([]);
    await clock.sleep(0.2);
    expect(disk.durable.records).toEqual(['a', 'b']);
    expect(durable).toEqual(['2@2']);
  });

  test('that is under way does not cover what comes after it; the next one does', async () => {
    const { clock, disk, durable, open } = lab();
    const { storage } = open();
    storage.append('a');
    await clock.sleep(1);
    storage.append('b');
    storage.append('c');
    await clock.sleep(1);
    expect(disk.durable.records).toEqual(['a']);
    await clock.sleep(2);
    expect(disk.durable.records).toEqual(['a', 'b', 'c']);
    expect(durable).toEqual(['1@2', '3@4']);
  });

  test('is not made where nothing was written', async () => {
    const { clock, durable, open } = lab();
    const { storage } = open();
    await clock.sleep(50);
    storage.append('a');
    await clock.sleep(50);
    expect(durable).toEqual(['1@52']);
    expect(clock.eventCount).toBe(4);
  });
});

describe('a crash', () => {
  test('keeps what was synced, and loses what was not', async () => {
    const { clock, disk, open } = lab(surviving(0));
    const { storage, end } = open();
    storage.append('synced');
    await clock.sleep(5);
    storage.append('lost');
    end.abort();
    disk.crash();
    await clock.sleep(5);
    expect(disk.durable.records).toEqual(['synced']);
  });

  // A disk writes in its own time: what was not synced may be there, but not the later without the earlier.
  test.each([0, 1, 2, 3])('of three unsynced records the first %i may survive', (count) => {
    const { disk, open } = lab(surviving(count));
    const { storage, end } = open();
    for (const record of ['a', 'b', 'c']) storage.append(record);
    end.abort();
    disk.crash();
    expect(disk.durable.records).toEqual(['a', 'b', 'c'].slice(0, count));
  });

  test('is survived by every possible number of them, over the seeds', () => {
    const seen = new Set<number>();
    for (let seed = 1; seed <= 100; seed += 1) {
      const { disk, open } = lab(randomFor(seed, 'disk'));
      const { storage } = open();
      for (const record of ['a', 'b', 'c']) storage.append(record);
      disk.crash();
      seen.add(disk.durable.records.length);
    }
    expect([...seen].sort()).toEqual([0, 1, 2, 3]);
  });

  test('ends the sync that was under way: nobody hears of it, and it makes nothing durable', async () => {
    const { clock, disk, durable, open } = lab(surviving(0));
    const { storage, end } = open();
    storage.append('lost');
    await clock.sleep(1);
    end.abort();
    disk.crash();
    await clock.sleep(10);
    expect({ durable, records: disk.durable.records }).toEqual({ durable: [], records: [] });
  });

  test('the next incarnation goes on behind what survived, and hears of its own records only', async () => {
    const { clock, disk, durable, open } = lab(surviving(1));
    const before = open();
    before.storage.append('a');
    before.storage.append('b');
    await clock.sleep(1);
    before.end.abort();
    disk.crash();
    const after = open();
    expect(after.storage.append('c')).toBe(2);
    await clock.sleep(10);
    expect(disk.durable.records).toEqual(['a', 'c']);
    expect(durable).toEqual(['2@3']);
  });
});

describe('a record that is read again', () => {
  test('comes in a later turn, whoever wrote it', async () => {
    const { clock, disk, open } = lab(surviving(1));
    const before = open();
    before.storage.append('a');
    before.end.abort();
    disk.crash();
    const { storage } = open();
    storage.append('b');
    await clock.sleep(3);
    const taken: string[] = [];
    storage.read(1, (record) => taken.push(`${record}@${clock.now()}`));
    storage.read(2, (record) => taken.push(`${record}@${clock.now()}`));
    expect(taken).toEqual([]);
    await clock.sleep(3);
    expect(taken).toEqual(['a@5', 'b@5']);
  });

  test('does not reach an incarnation that is over', async () => {
    const { clock, open } = lab();
    const { storage, end } = open();
    storage.append('a');
    await clock.sleep(3);
    storage.read(1, () => expect.unreachable());
    end.abort();
    await clock.sleep(3);
  });

  test('must be durable, or it is a failure of the disk', async () => {
    const { clock, open } = lab();
    const { storage } = open();
    const failures: string[] = [];
    storage.onFailure = ({ message }) => void failures.push(message);
    for (const position of [0, 1]) storage.read(position, () => expect.unreachable());
    await clock.sleep(3);
    expect(failures).toEqual(['record 0 is not there to be read', 'record 1 is not there to be read']);
  });
});
