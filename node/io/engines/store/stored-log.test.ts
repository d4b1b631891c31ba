/** What every engine has from the log that three of them share, over a store that fails on demand. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { SettingsError } from '../../settings.ts';
import { Folders } from '../../wal/fixture.ts';
import type { OpenedLog } from '../engine.ts';
import { encodeEntry } from './entry.ts';
import { appendAll, expectRecords, recordOf, recordsOf, refusal } from './fixture.ts';
import { loadNative } from './native.ts';
import { openStoredLog } from './open.ts';
import type { Batch, RecordStore } from './record-store.ts';

const folders = new Folders();
afterAll(() => folders.remove());

/** A store in memory, which outlives its logs. */
class MemoryStore implements RecordStore {
  readonly values = new Map<number, Uint8Array>();
  readonly commits: Batch[] = [];
  /** Called before a commit changes anything; may throw or wait. */
  before: () => Promise<void> | void = () => {};

  async commit(batch: Batch): Promise<void> {
    await this.before();
    this.commits.push(batch);
    for (const { position, value } of batch.entries) this.values.set(position, value);
    for (let at = batch.remove.from; at < batch.remove.to; at += 1) this.values.delete(at);
  }

  async read(position: number): Promise<Uint8Array | undefined> {
    return this.values.get(position);
  }

  async close(): Promise<void> {}

  open(folder: string): Promise<OpenedLog> {
    const sorted = [...this.values].sort(([a], [b]) => a - b).map(([position, value]) => ({ position, value }));
    const open = async () => ({ store: this, entries: sorted });
    return openStoredLog({ name: 'memory', files: ['memory'], damageCodes: ['EDAMAGE'], open }, folder, {});
  }

  put(position: number, payload: Uint8Array): void {
    this.values.set(position, encodeEntry(position, [payload], payload.length).value);
  }
}

async function filled(count: number): Promise<{ store: MemoryStore; folder: string }> {
  const store = new MemoryStore();
  const folder = folders.fresh();
  const { log } = await store.open(folder);
  await appendAll(
    log,
    recordsOf(count, () => 20),
  );
  await log.close();
  return { store, folder };
}

const damaged = async (store: MemoryStore, folder: string): Promise<string> => {
  const error = await refusal(store.open(folder));
  expect(error.name).toBe('WalDamaged');
  expect(error.message).toContain('Do not repair the log: stop the replica, wipe its folder');
  return error.message;
};

describe('a log over a store', () => {
  test('tells the first failure, and acknowledges, writes and reads nothing after it', async () => {
    const { store, folder } = await filled(3);
    const { log } = await store.open(folder);
    const told: unknown[] = [];
    log.onDurable = (position) => told.push(position);
    log.onFailure = (error) => told.push(error.message);
    store.before = () => {
      log.append(recordOf(5, 10));
      throw new Error('EIO: simulated');
    };
    const commits = store.commits.length;
    expect(log.append(recordOf(4, 10))).toBe(4);
    await new Promise<void>((resolve) => setTimeout(resolve, 20));
    store.before = () => {};
    expect(log.append(recordOf(6, 10))).toBe(6);
    log.removeBefore(2);
    await new Promise<void>((resolve) => setTimeout(resolve, 20));
    expect((await refusal(log.read(1))).message).toBe('the log has failed: EIO: simulated');
    await log.close();
    expect(told).toEqual(['EIO: simulated']);
    expect(store.commits).toHaveLength(commits);
    const again = await store.open(folder);
    expectRecords(
      again.recovered,
      recordsOf(3, () => 20),
    );
    await again.log.close();
  });

  test('lets what comes while a commit is in flight share the next one', async () => {
    const { store, folder } = await filled(0);
    const { log } = await store.open(folder);
    const sizes = () => store.commits.map(({ entries }) => entries.length);
    let letGo = () => {};
    store.before = () => new Promise<void>((resolve) => (letGo = resolve));
    const commits = sizes().length;
    log.append(recordOf(1, 10));
    await new Promise<void>((resolve) => setTimeout(resolve, 10));
    const all = appendAll(
      log,
      recordsOf(100, () => 10, 2),
    );
    store.before = () => {};
    letGo();
    await all;
    expect(sizes().slice(commits)).toEqual([1, 100]);
    await log.close();
  });

  test('removes some at a time, each time with the position of the first one that is left', async () => {
    const { store, folder } = await filled(2500);
    const { log } = await store.open(folder);
    const commits = store.commits.length;
    log.removeBefore(2400);
    await appendAll(log, [recordOf(2501, 10)]);
    await log.close();
    const ranges = store.commits
      .slice(commits)
      .map(({ remove, entries }) => [remove.from, remove.to, entries[0]?.position]);
    expect(ranges[0]).toEqual([1, 1001, 0]);
    const again = await store.open(folder);
    expect(again.firstPosition).toBe(ranges.at(-1)?.[1]);
    expect(again.recovered).toHaveLength(2502 - again.firstPosition);
    again.log.removeBefore(2400);
    await expect.poll(() => store.values.size).toBe(1 + 2501 - 2399);
    expect((await refusal(again.log.read(2399))).message).toContain('those from 2400 to 2501 are durable');
    await again.log.close();
  });

  test('removes nothing that is being read, and goes on by itself once that is over', async () => {
    const { store, folder } = await filled(10);
    const { log } = await store.open(folder);
    const readAtOnce = store.read.bind(store);
    let letGo = () => {};
    const held = new Promise<void>((resolve) => (letGo = resolve));
    store.read = (position) => held.then(() => readAtOnce(position));
    const reads = [log.read(7), log.read(2)];
    for (const position of [3, 9]) log.removeBefore(position);
    await appendAll(log, [recordOf(11, 10)]);
    expect(store.values.size).toBe(1 + 11);
    letGo();
    expectRecords(await Promise.all(reads), [recordOf(7, 20), recordOf(2, 20)]);
    await expect.poll(() => store.values.size).toBe(1 + 3);
    await log.close();
  });

  test('refuses a hole, a record in the place of another, a damaged one, a lost beginning and a lost end', async () => {
    const hole = await filled(5);
    hole.store.values.delete(3);
    expect(await damaged(hole.store, hole.folder)).toMatch(/^record 4 stands in the place of record 3 in the log in/);

    const moved = await filled(5);
    moved.store.values.set(3, moved.store.values.get(2) as Uint8Array);
    expect(await damaged(moved.store, moved.folder)).toMatch(/^record 3 is damaged/);

    const flipped = await filled(5);
    (flipped.store.values.get(4) as Buffer)[10] = 0;
    expect(await damaged(flipped.store, flipped.folder)).toMatch(/^record 4 is damaged/);

    const beginning = await filled(5);
    beginning.store.values.delete(1);
    expect(await damaged(beginning.store, beginning.folder)).toMatch(/^record 2 stands in the place of record 1/);

    const head = await filled(5);
    head.store.values.delete(0);
    expect(await damaged(head.store, head.folder)).toMatch(/^where it begins is not to be read/);

    const end = await filled(5);
    end.store.values.delete(5);
    expect(await damaged(end.store, end.folder)).toMatch(/^the records from 5 to 5 are missing, and they were durable/);

    const all = await filled(5);
    all.store.values.clear();
    expect(await damaged(all.store, all.folder)).toMatch(/^the records from 1 to 5 are missing/);
  });

  test('refuses to read a record that has decayed or gone since it was opened', async () => {
    const { store, folder } = await filled(5);
    const { log } = await store.open(folder);
    store.values.delete(2);
    store.put(3, recordOf(3, 5));
    store.values.set(4, store.values.get(5) as Uint8Array);
    expect((await refusal(log.read(2))).message).toContain(
      `record 2 of the log in ${folder} is missing, and it was durable`,
    );
    expectRecords([await log.read(3)], [recordOf(3, 5)]);
    expect((await refusal(log.read(4))).message).toContain(
      `record 4 of the log in ${folder} is damaged, and it was durable`,
    );
    store.read = () => Promise.reject(new Error('EIO: simulated'));
    expect((await refusal(log.read(1))).message).toBe(
      `record 1 of the log in ${folder} cannot be read: EIO: simulated`,
    );
    await log.close();
  });

  test('keeps its mark at what was durable, once nothing is in flight', async () => {
    const { folder } = await filled(5);
    expect(readFileSync(join(folder, 'durable.mark'), 'utf8')).toMatch(/^memory 0000000000000005 [0-9a-f]{8}\n$/);
  });
});

test('a package that cannot be loaded is named, with what to do', async () => {
  const error = await refusal(loadNative('bolt', () => import('no-such-package' as string)));
  expect(error).toBeInstanceOf(SettingsError);
  expect(error.message).toMatch(
    /^The package bolt, which this storage engine is made of, cannot be loaded \(.*no-such-package/,
  );
  expect(error.message).toContain('or choose the engine "wal"');
});
