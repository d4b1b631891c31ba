import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, describe, expect, test } from 'vitest';
import type { Storage } from '../../ports.ts';
import { raftCodec } from '../../protocols/raft/codec.ts';
import type { RaftRecord } from '../../protocols/raft/messages.ts';
import { appendAll, Folders, MemoryDisk } from './fixture.ts';
import { storageOf } from './storage.ts';
import { openWal } from './wal.ts';

const folders = new Folders();
afterAll(() => folders.remove());

const records: RaftRecord[] = [
  { kind: 'vote', term: 1, votedFor: 'n2' },
  { kind: 'entries', from: 1, entries: [{ term: 1, payload: Buffer.from('x') }] },
];

/** Collects all garbage. */
function collect(): void {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
}

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('a storage over a log', () => {
  test('keeps the records of a protocol', async () => {
    const folder = folders.fresh();
    const opened = await openWal(folder, { segmentBytes: 8192 });
    const { storage, records: none } = storageOf(opened, raftCodec);
    expect(none).toEqual([]);
    const told = new Promise<number>((resolve) => {
      storage.onDurable = resolve;
    });
    expect(records.map((record) => storage.append(record))).toEqual([1, 2]);
    expect(await told).toBe(2);
    await opened.wal.close();
    const again = await openWal(folder);
    expect(storageOf(again, raftCodec).records).toEqual(records);
    await again.wal.close();
  });

  test('reads a record back in a later turn, from this life and from one before', async () => {
    const folder = folders.fresh();
    const read = (storage: Storage<RaftRecord>, position: number) =>
      new Promise<RaftRecord>((resolve, reject) => {
        storage.onFailure = reject;
        let later = false;
        storage.read(position, (record) => (later ? resolve(record) : reject(new Error('in the same turn'))));
        later = true;
      });
    const opened = await openWal(folder);
    const { storage } = storageOf(opened, raftCodec);
    const told = new Promise<number>((resolve) => {
      storage.onDurable = resolve;
    });
    for (const record of records) storage.append(record);
    await told;
    expect([await read(storage, 2), await read(storage, 1)]).toEqual([records[1], records[0]]);
    await opened.wal.close();
    const again = await openWal(folder);
    const { storage: next } = storageOf(again, raftCodec);
    expect([await read(next, 1), await read(next, 2)]).toEqual(records);
    await again.wal.close();
  });

  test('lets go of its beginning, and numbers what is left by its positions', async () => {
    const folder = folders.fresh();
    const segmentBytes = 8192;
    const entries = (from: number): RaftRecord => ({
      kind: 'entries',
      from,
      entries: [{ term: 1, payload: Buffer.alloc(2500, from) }],
    });
    const opened = await openWal(folder, { segmentBytes });
    const { storage, firstPosition: one } = storageOf(opened, raftCodec);
    expect(one).toBe(1);
    const durableTo = (wanted: number) =>
      new Promise<void>((resolve) => {
        storage.onDurable = (position) => {
          if (position === wanted) resolve();
        };
      });
    for (let from = 1; from <= 4; from += 1) {
      const done = durableTo(from);
      storage.append(entries(from));
      await done;
      if (from === 3) storage.removeBefore(3);
    }
    opened.wal.append(Buffer.from('not of Raft'));
    await opened.wal.close();

    const again = await openWal(folder, { segmentBytes });
    expect(() => storageOf(again, raftCodec)).toThrow('record 5 of the log is whole, but no record of this protocol');
    const sound = { ...again, recovered: again.recovered.slice(0, -1) };
    const { records: left, firstPosition } = storageOf(sound, raftCodec);
    expect(firstPosition).toBe(3);
    expect(left).toEqual([entries(3), entries(4)]);
    await again.wal.close();
  });

  test('fails where a record cannot be read back, or is none of the protocol', async () => {
    const files = new MemoryDisk();
    const opened = await openWal('/log', { files, segmentBytes: 8192 });
    const { storage } = storageOf(opened, raftCodec);
    await appendAll(opened.wal, ['not of Raft']);
    const failureOf = (position: number) =>
      new Promise<Error>((resolve, reject) => {
        storage.onFailure = resolve;
        storage.read(position, () => reject(new Error('the record was read')));
      });
    expect((await failureOf(1)).message).toMatch('record 1 of the log is whole, but no record of this protocol');
    expect(await failureOf(2)).toBeInstanceOf(RangeError);
    files.beforeRead = () => {
      throw new Error('EIO');
    };
    expect((await failureOf(1)).message).toBe('EIO');
    await opened.wal.close();
    expect((await failureOf(1)).message).toBe('the log is closed');
  });

  test('keeps nothing of what was recovered, nor does one record keep another', async () => {
    const folder = folders.fresh();
    const { wal } = await openWal(folder);
    for (const bytes of [10, 100_000, 10]) {
      wal.append(
        ...raftCodec.encodeRecord({ kind: 'entries', from: 1, entries: [{ term: 1, payload: Buffer.alloc(bytes) }] }),
      );
    }
    await wal.close();
    /** The storage, the one record that its user keeps, and what of the others is still in memory. */
    const open = async () => {
      const opened = await openWal(folder);
      const { storage, records: all } = storageOf(opened, raftCodec);
      const refs = [opened.recovered, ...opened.recovered, all, ...all].map((value: object) => new WeakRef(value));
      return {
        wal: opened.wal,
        storage,
        kept: all[0] as RaftRecord,
        alive: () => refs.filter((ref) => ref.deref()).length,
      };
    };
    const { wal: again, storage, kept, alive } = await open();
    expect(alive()).toBe(8);
    await nextTurn();
    collect();
    // The record that is kept; its payload is a view of its own.
    expect(alive()).toBe(1);
    const { payload } = (kept.kind === 'entries' && kept.entries[0]) as { payload: Uint8Array };
    expect(payload.buffer.byteLength).toBeLessThanOrEqual(Buffer.poolSize);
    expect(storage.append(kept)).toBe(4);
    await again.close();
  });

  test('passes on the failure of the disk', async () => {
    const files = new MemoryDisk();
    const { storage } = storageOf(await openWal('/log', { files, segmentBytes: 8192 }), raftCodec);
    files.before = () => {
      throw new Error('EIO');
    };
    const failure = new Promise<Error>((resolve) => {
      storage.onFailure = resolve;
    });
    storage.append({ kind: 'vote', term: 1, votedFor: null });
    expect((await failure).message).toBe('EIO');
  });

  test('refuses records of something else, and says which', async () => {
    const folder = folders.fresh();
    const { wal } = await openWal(folder, { segmentBytes: 8192 });
    wal.append(...raftCodec.encodeRecord({ kind: 'vote', term: 1, votedFor: null }));
    wal.append(Buffer.from('not of Raft'));
    await wal.close();
    const again = await openWal(folder);
    expect(() => storageOf(again, raftCodec)).toThrow('record 2 of the log is whole, but no record of this protocol');
    await again.wal.close();
  });
});
