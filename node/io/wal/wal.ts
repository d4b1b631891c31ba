/**
 * A write-ahead log of opaque records, in segments (`segment.ts`), with group commit: all records that were appended in
 * one turn of the event loop, and all that came while a sync was in flight, share one write and one fdatasync.
 */
import type { RecordLog } from '../engines/engine.ts';
import { nodeFiles, type WalFiles } from './files.ts';
import { headerBytes } from './format.ts';
import { maxSegmentBytes } from './positions.ts';
import { recover } from './recovery.ts';
import { makeSpare, publish, type Segment } from './segment.ts';
import { SegmentedWal } from './segmented-wal.ts';

/** What any engine promises (see there), and how it is kept here. A record is refused that is longer than `maxRecordBytes`. */
export interface Wal extends RecordLog {
  /**
   * The records before this durable position are needed no more. Cheap to call often. A position before an earlier such one
   * changes nothing.
   *
   * Segments that hold no other records are removed when the log next goes on in a new one: in the background, oldest first,
   * holding up no append. Their records can then no longer be read; a read that was asked for earlier is waited for.
   *
   * The header of the new segment says where the log begins, and is durable before anything is removed. Whichever removals
   * a crash undoes, in whatever order the file system makes them durable, they leave nothing that could be taken for a hole,
   * and the next to open the log finishes them. Hence they need no sync of their own. One that fails is a failure of the
   * log, and loses nothing.
   *
   * @throws RangeError where no record with this position is, or ever was, durable
   */
  removeBefore(position: number): void;
}

export interface OpenedWal {
  readonly wal: Wal;
  /**
   * The payloads that survived and were not removed, in order. All are durable. The log keeps none of them: each is memory
   * of its own (or shares a few kilobytes with its neighbours), free once nobody needs it.
   */
  readonly recovered: readonly Uint8Array[];
  /**
   * The position of the first of them; of the next record where there are none. 1 until something was removed, and never
   * past what `removeBefore` was given.
   */
  readonly firstPosition: number;
}

export interface WalOptions {
  /** How long a segment is, in bytes, 4 GiB at most; a longer record gets a longer one. 16 MiB where absent. */
  readonly segmentBytes?: number;
  /** Where the log is kept; the real file system where absent. */
  readonly files?: WalFiles;
}

export const defaultSegmentBytes = 16 << 20;

async function firstSegment(files: WalFiles, folder: string, segmentBytes: number): Promise<Segment> {
  const spare = await makeSpare(files, folder, segmentBytes);
  try {
    return await publish(files, folder, spare, { firstPosition: 1, logBegins: 1 }, segmentBytes);
  } catch (error) {
    await spare.file.close();
    throw error;
  }
}

/**
 * Opens the log in a folder, which is made where it is absent. Two logs in one folder are refused.
 *
 * Damage in the last batch that was written cannot be told from a batch that the power cut short: from its first bad record
 * on it is cut, though it may have been durable (see `recovery.ts`).
 *
 * @throws WalDamaged where what was durable cannot be read back; RangeError where the options make no sense; the errors of
 * the file system as they are.
 */
export async function openWal(folder: string, options: WalOptions = {}): Promise<OpenedWal> {
  const { files = nodeFiles, segmentBytes = defaultSegmentBytes } = options;
  const minBytes = 2 * headerBytes;
  if (!Number.isSafeInteger(segmentBytes) || segmentBytes < minBytes || segmentBytes > maxSegmentBytes) {
    throw new RangeError(`segmentBytes is ${segmentBytes}, and must be whole, from ${minBytes} to ${maxSegmentBytes}`);
  }
  await files.makeFolder(folder);
  const unlock = await files.lock(folder);
  try {
    const { records, positions, last } = await recover(files, folder);
    const segment = last ?? (await firstSegment(files, folder, segmentBytes));
    if (last === undefined) positions.begin(1, segment.tag);
    const durable = positions.first + records.length - 1;
    const wal = new SegmentedWal({ files, folder, segmentBytes, unlock }, durable, positions, segment);
    return { wal, recovered: records, firstPosition: positions.first };
  } catch (error) {
    await unlock();
    throw error;
  }
}
