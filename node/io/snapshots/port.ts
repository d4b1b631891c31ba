/** The Snapshots port of a replica over a folder of snapshots. */

import type { DurableSnapshot } from '../../contract/durable.ts';
import type { Snapshots } from '../../ports.ts';
import type { RecordCodec } from '../wal/storage.ts';
import type { OpenedSnapshots } from './snapshots.ts';

export interface OpenedSnapshotsOf<R> {
  readonly snapshots: Snapshots<R>;
  /** The one with the highest index, to begin from. Undefined where there is none. */
  readonly newest: DurableSnapshot<R> | undefined;
}

/** @throws Error where the bytes are no record of this protocol or version */
function decoded<R>(codec: RecordCodec<R>, bytes: Uint8Array, index: number): R {
  const record = codec.decodeRecord(bytes);
  if (record !== null) return record;
  throw new Error(
    `the record of snapshot ${index} is whole, but no record of this protocol and version. Start the replica with the ` +
      'protocol and the version that wrote it, or wipe its folder and let it rejoin without a vote.',
  );
}

/**
 * Takes over the folder's `onFailure`.
 *
 * @throws Error where the record of the newest snapshot is none of this protocol or version: the replica must not start
 */
export function snapshotsOf<R>(
  { snapshots: stored, newest }: OpenedSnapshots,
  codec: RecordCodec<R>,
): OpenedSnapshotsOf<R> {
  const snapshots: Snapshots<R> = {
    save: (index, record, pieces, done) => stored.save(index, codec.encodeRecord(record), pieces, done),
    receive: (index, offset, bytes) => stored.receive(index, offset, bytes),
    seal: (index, record, done) => stored.seal(index, codec.encodeRecord(record), done),
    read: (index, offset, maxBytes, take) => stored.read(index, offset, maxBytes, take),
    removeBefore: (index) => stored.removeBefore(index),
    onFailure: () => {},
  };
  stored.onFailure = (error) => snapshots.onFailure(error);
  return { snapshots, newest: newest && { ...newest, record: decoded(codec, newest.record, newest.index) } };
}
