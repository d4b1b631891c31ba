import { afterAll, describe, expect, test } from 'vitest';
import { raftCodec } from '../../protocols/raft/codec.ts';
import type { RaftRecord } from '../../protocols/raft/messages.ts';
import { Folders } from '../wal/fixture.ts';
import { payloadOf, piecesOf, save } from './fixture.ts';
import { snapshotsOf } from './port.ts';
import { openSnapshots } from './snapshots.ts';

const folders = new Folders();
afterAll(() => folders.remove());

const vote: RaftRecord = { kind: 'vote', term: 3, votedFor: 'n2' };
const entries: RaftRecord = { kind: 'entries', from: 1, entries: [{ term: 1, payload: Buffer.from('x') }] };

describe('snapshots of a protocol', () => {
  test('keep its records, whether they were saved or received', async () => {
    const folder = folders.fresh();
    const payload = payloadOf(1, 1000);
    const opened = await openSnapshots(folder);
    const { snapshots, newest: none } = snapshotsOf(opened, raftCodec);
    expect(none).toBeUndefined();
    const saved = await new Promise((done) => snapshots.save(3, vote, piecesOf(payload, 10), done));
    expect(saved).toBe(1000);
    await opened.snapshots.close();
    const second = await openSnapshots(folder);
    const { snapshots: again, newest } = snapshotsOf(second, raftCodec);
    expect(newest).toEqual({ index: 3, record: vote, bytes: 1000 });
    again.receive(4, 0, payload);
    await new Promise((done) => again.seal(4, entries, done));
    again.removeBefore(4);
    const read = await new Promise((take) => again.read(4, 10, 20, (bytes, last) => take({ bytes, last })));
    expect(read).toEqual({ bytes: payload.subarray(10, 30), last: false });
    await second.snapshots.close();
    const third = await openSnapshots(folder);
    expect(snapshotsOf(third, raftCodec).newest).toEqual({ index: 4, record: entries, bytes: 1000 });
    await third.snapshots.close();
  });

  test('pass on what failed', async () => {
    const opened = await openSnapshots(folders.fresh());
    const { snapshots } = snapshotsOf(opened, raftCodec);
    const failure = new Promise<Error>((resolve) => {
      snapshots.onFailure = resolve;
    });
    snapshots.read(3, 0, 10, () => expect.fail('it was read'));
    expect((await failure).message).toBe('there is no snapshot 3 to read: those that are durable are none');
    await opened.snapshots.close();
  });

  test('are refused where the newest is of something else', async () => {
    const folder = folders.fresh();
    const { snapshots } = await openSnapshots(folder);
    await save(snapshots, 3, payloadOf(1, 10));
    await snapshots.close();
    const again = await openSnapshots(folder);
    expect(() => snapshotsOf(again, raftCodec)).toThrow(
      'the record of snapshot 3 is whole, but no record of this protocol and version',
    );
    await again.snapshots.close();
  });
});
