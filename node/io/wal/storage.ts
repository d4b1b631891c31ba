/** The Storage port of a replica over a write-ahead log. */

import type { Codec } from '../../contract/codec.ts';
import type { Storage } from '../../ports.ts';
import type { OpenedWal } from './wal.ts';

/** The part of a protocol's codec that a log needs. */
export type RecordCodec<R> = Pick<Codec<unknown, R>, 'encodeRecord' | 'decodeRecord'>;

export interface OpenedStorage<R> {
  readonly storage: Storage<R>;
  /** What survived, for `Replica.start`. The storage does not keep it. */
  readonly records: R[];
  /** The position of the first of them; of the next one to be appended where there are none. */
  readonly firstPosition: number;
}

/** @throws Error where the bytes are no record of this protocol or version */
function decoded<R>(codec: RecordCodec<R>, bytes: Uint8Array, position: number): R {
  const record = codec.decodeRecord(bytes);
  if (record !== null) return record;
  throw new Error(
    `record ${position} of the log is whole, but no record of this protocol and version. Start the replica with the ` +
      'protocol and the version that wrote it, or wipe its folder and let it rejoin without a vote.',
  );
}

/**
 * Takes over the log's `onDurable` and `onFailure`.
 *
 * @throws Error where a record that checks is none of this protocol or version: the replica must not start without it
 */
export function storageOf<R>({ wal, recovered, firstPosition }: OpenedWal, codec: RecordCodec<R>): OpenedStorage<R> {
  const records = recovered.map((bytes, index) => decoded(codec, bytes, firstPosition + index));
  const storage: Storage<R> = {
    append: (record) => wal.append(...codec.encodeRecord(record)),
    read: (position, take) => {
      const record = wal.read(position).then((bytes) => decoded(codec, bytes, position));
      // What `take` throws is no failure of the disk: it is not caught here.
      record.then(take, (error: Error) => storage.onFailure(error));
    },
    removeBefore: (position) => wal.removeBefore(position),
    onDurable: () => {},
    onFailure: () => {},
  };
  wal.onDurable = (position) => storage.onDurable(position);
  wal.onFailure = (error) => storage.onFailure(error);
  return { storage, records, firstPosition };
}
