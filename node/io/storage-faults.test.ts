import { expect, it } from 'vitest';
import type { Storage } from '../ports.ts';
import { eventually } from './fixture.ts';
import { FaultyStorage } from './storage-faults.ts';

function scene() {
  const inner: Storage<string> = {
    append: () => 1,
    read: (position, take) => take(`record ${position}`),
    removeBefore: () => {},
    onDurable: () => {},
    onFailure: () => {},
  };
  const storage = new FaultyStorage(inner);
  const positions: number[] = [];
  storage.onDurable = (position) => positions.push(position);
  return { inner, storage, positions };
}

it('passes everything on while no fault is set', () => {
  const { inner, storage, positions } = scene();
  const failures: Error[] = [];
  storage.onFailure = (error) => failures.push(error);
  expect(storage.append('record')).toBe(1);
  inner.onDurable(1);
  inner.onFailure(new Error('EIO'));
  expect(positions).toEqual([1]);
  expect(failures.map(String)).toEqual(['Error: EIO']);
});

it('reads while the disk is slow as ever: that fault is one of syncs', () => {
  const { storage } = scene();
  storage.slowBy(20);
  const read: string[] = [];
  storage.read(7, (record) => read.push(record));
  expect(read).toEqual(['record 7']);
});

it('reports a sync late while the disk is slow', async () => {
  const { inner, storage, positions } = scene();
  storage.slowBy(20);
  inner.onDurable(1);
  expect(positions).toEqual([]);
  await eventually(() => positions.length === 1, 'the sync is reported');
});

it('never goes back when a slow sync is overtaken by one that is slow no more', async () => {
  const { inner, storage, positions } = scene();
  storage.slowBy(20);
  inner.onDurable(1);
  storage.slowBy(0);
  inner.onDurable(2);
  let passed = false;
  setTimeout(() => {
    passed = true;
  }, 40);
  await eventually(() => passed, 'the slow sync is over');
  expect(positions).toEqual([2]);
});
