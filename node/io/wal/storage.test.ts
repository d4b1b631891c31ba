import { afterAll, describe, expect, test } from 'vitest';
import { raftCodec } from '../../protocols/raft/codec.ts';
import type { RaftRecord } from '../../protocols/raft/messages.ts';
import { Folders, MemoryDisk } from './fixture.ts';
import { storageOf } from './storage.ts';
import { openWal } from './wal.ts';

const folders = new Folders();
afterAll(() => folders.remove());

const records: RaftRecord[] = [
  { kind: 'vote', term: 1, votedFor: 'n2' },
  { kind: 'entries', from: 1, entries: [{ term: 1, payload: Buffer.from('x') }] },
];

describe('a storage over a log', () => {
  test('keeps the records of a protocol', async () => {
    const folder = folders.fresh();
    const wal = await openWal(folder, { segmentBytes: 8192 });
    const { storage, records: none } = storageOf(wal, raftCodec);
    expect(none).toEqual([]);
    const told = new Promise<number>((resolve) => {
      storage.onDurable = resolve;
    });
    expect(records.map((record) => storage.append(record))).toEqual([1, 2]);
    expect(await told).toBe(2);
    await wal.close();
    const again = await openWal(folder);
    expect(storageOf(again, raftCodec).records).toEqual(records);
    await again.close();
  });

  test('passes on the failure of the disk', async () => {
    const files = new MemoryDisk();
    const wal = await openWal('/log', { files, segmentBytes: 8192 });
    const { storage } = storageOf(wal, raftCodec);
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
    const wal = await openWal(folder, { segmentBytes: 8192 });
    wal.append(raftCodec.encodeRecord({ kind: 'vote', term: 1, votedFor: null }));
    wal.append(Buffer.from('not of Raft'));
    await wal.close();
    const again = await openWal(folder);
    expect(() => storageOf(again, raftCodec)).toThrow('record 2 of the log is whole, but no record of this protocol');
    await again.close();
  });
});
