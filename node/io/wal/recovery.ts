/**
 * Reads a log back after a crash, and tells a torn write from damage (the distinction is that of Alagappan and others,
 * "Protocol-Aware Recovery for Consensus-Based Storage", FAST 2018):
 *
 * - A crash may leave any sectors of the batch that was being written, and nothing else, unwritten. That batch is the last
 *   one, it was never synced and nobody was told that it is durable: from its first missing record on it is cut.
 * - All else is damage: a record that does not check although a record of a later batch does (which was written only once
 *   the former was durable), a record in the place of another, a segment that is missing, short, or ends too early.
 *   A replica with damage has forgotten what it promised. It must not go on: not even the cut that would make the log
 *   readable is safe, because a vote or an entry that others count on may have stood there.
 *
 * A log may begin late, because its first segments were removed on purpose (`Wal.removeBefore`). The header of the last
 * segment says with which one the log begins, and was durable before any older one was removed. What is older and still
 * there is what the end of a process or a crash left of a removal, all of it or any part, and is removed. From the beginning
 * on no segment may be missing.
 *
 * What no log can tell by itself: the last batch, if it decays after it was synced, looks torn.
 *
 * One assumption about the disk: a sector is written whole or not at all, for a batch may begin inside a sector whose
 * first part is durable already.
 */
import { join } from 'node:path';
import { damage } from './damage.ts';
import type { WalFile, WalFiles, WalReadFile } from './files.ts';
import { decodeHeader, frameAt, framesFrom, headerBytes, type SegmentHeader } from './format.ts';
import { Positions } from './positions.ts';
import { positionInName, type Segment, segmentName, spareName, writeAll } from './segment.ts';

export interface Recovered {
  readonly records: readonly Uint8Array[];
  /** Where they stand. */
  readonly positions: Positions;
  /** The segment to go on writing to; undefined where the folder holds no log yet. */
  readonly last: Segment | undefined;
}

/** What the records of one segment are, and where it would be gone on with. */
interface Scan {
  /** The offset of the first byte after the last good record. */
  readonly end: number;
  /** The offset of the last batch that has a good record. */
  readonly lastBatchAt: number;
  /** The position that the next record would have. */
  readonly next: number;
}

interface SegmentFile {
  readonly folder: string;
  readonly name: string;
  readonly bytes: Buffer;
  readonly header: SegmentHeader;
}

async function readHeader(folder: string, name: string, file: WalReadFile): Promise<SegmentHeader> {
  const head = Buffer.alloc(headerBytes);
  const header = decodeHeader(head.subarray(0, await file.read(head, 0)));
  if (typeof header === 'string') throw damage(folder, name, 0, `the file ${header}`);
  if (header.firstPosition !== positionInName(name)) {
    throw damage(folder, name, 0, `the file is the segment of record ${header.firstPosition} by its header`);
  }
  return header;
}

async function readSegment(folder: string, name: string, file: WalFile): Promise<SegmentFile> {
  const header = await readHeader(folder, name, file);
  const found = await file.bytes();
  if (found !== header.fileBytes) {
    throw damage(folder, name, found, `the file has ${found} bytes, and was made with ${header.fileBytes}`);
  }
  const bytes = Buffer.allocUnsafeSlow(found);
  const read = await file.read(bytes, 0);
  if (read !== found) throw damage(folder, name, read, `only ${read} of the ${found} bytes of the file can be read`);
  return { folder, name, bytes, header };
}

/** Collects the records of a segment up to the first place where none stands. */
function scan({ folder, name, bytes, header }: SegmentFile, records: Uint8Array[], positions: Positions): Scan {
  positions.begin(header.firstPosition, header.tag);
  let end = headerBytes;
  let lastBatchAt = end;
  let next = header.firstPosition;
  for (let frame = frameAt(bytes, end, header.tag); frame !== null; frame = frameAt(bytes, end, header.tag)) {
    if (frame.position !== next) {
      throw damage(folder, name, end, `record ${frame.position} stands in the place of record ${next}`);
    }
    if (frame.batchFirst === frame.position) lastBatchAt = end;
    // A copy, not the view: whoever keeps one payload would keep the whole file in memory. Small ones come out of Buffer's
    // pool: that pins a few kilobytes at most, and costs less than an allocation for each.
    records.push(Buffer.from(frame.payload));
    positions.add(frame.payload.length);
    end = frame.end;
    next += 1;
  }
  return { end, lastBatchAt, next };
}

/** Refuses what cannot come from a torn write; else what follows the good records is the rest of one. */
function checkTail({ folder, name, bytes, header }: SegmentFile, { end, next }: Scan): void {
  for (const later of framesFrom(bytes, end, header.tag)) {
    if (later.position <= next) {
      throw damage(folder, name, end, `record ${later.position} stands where a record after ${next} belongs`);
    }
    if (later.batchFirst > next) {
      throw damage(
        folder,
        name,
        end,
        `record ${next} is damaged, and it was durable, because record ${later.position} was written after it`,
      );
    }
  }
}

/** A segment is begun once all records of the one before it are durable: none may be missing in between. */
function checkFollower({ folder, name }: SegmentFile, { end, next }: Scan, follower: string): void {
  if (positionInName(follower) === next) return;
  const what = `record ${next} is damaged, or a segment is missing: ${follower} follows`;
  throw damage(folder, name, end, what);
}

/**
 * Makes what was read durable, and what follows it zeros, before anyone acts on it. The last batch is written anew rather
 * than only synced: it may have been read from the page cache alone, and after a failed sync the kernel takes such pages
 * for clean and never writes them (Rebello and others, "Can Applications Recover from fsync Failures?", USENIX ATC 2020).
 */
async function settle(file: WalFile, bytes: Buffer, { end, lastBatchAt }: Scan): Promise<void> {
  bytes.fill(0, end);
  await writeAll(file, [bytes.subarray(lastBatchAt)], lastBatchAt);
  await file.sync();
}

/** The names of the segments, in order. Other files are none of ours and stay, but for what a crash left half-made. */
async function segmentNames(files: WalFiles, folder: string): Promise<string[]> {
  const names = await files.list(folder);
  if (names.includes(spareName)) await files.remove(join(folder, spareName));
  // The name of the last segment may not be durable, if the process ended before it had synced the folder.
  await files.syncFolder(folder);
  return names.filter((name) => positionInName(name) !== null).sort();
}

/** The names of segments, in order. */
interface SegmentNames {
  /** Those of the log. */
  readonly needed: readonly string[];
  /** Those before its beginning. */
  readonly removable: readonly string[];
}

/** Parts the segments in those that the log needs and those that it has let go of. */
async function partAtBeginning(files: WalFiles, folder: string, names: readonly string[]): Promise<SegmentNames> {
  const last = names.at(-1);
  if (last === undefined) return { needed: [], removable: [] };
  const file = await files.openToRead(join(folder, last));
  const { logBegins } = await readHeader(folder, last, file).finally(() => file.close());
  const removable = names.filter((name) => name < segmentName(logBegins));
  const needed = names.slice(removable.length);
  const [first = last] = needed;
  if (first !== segmentName(logBegins)) {
    const missing = `the segment before it, ${segmentName(logBegins)}, is missing`;
    throw damage(folder, first, 0, `the log begins here, and ${missing}`);
  }
  return { needed, removable };
}

/**
 * Reads all records, cuts a torn tail, makes the rest durable, and finishes the removal of what is older.
 *
 * @throws WalDamaged where the log must not be used; the errors of the file system as they are.
 */
export async function recover(files: WalFiles, folder: string): Promise<Recovered> {
  const records: Uint8Array[] = [];
  const positions = new Positions();
  const names = await segmentNames(files, folder);
  let last: Segment | undefined;
  const { needed, removable } = await partAtBeginning(files, folder, names);
  for (const [index, name] of needed.entries()) {
    const file = await files.open(join(folder, name));
    let kept = false;
    try {
      const segment = await readSegment(folder, name, file);
      const found = scan(segment, records, positions);
      const follower = needed[index + 1];
      if (follower !== undefined) {
        checkFollower(segment, found, follower);
        continue;
      }
      checkTail(segment, found);
      await settle(file, segment.bytes, found);
      for (const older of removable) await files.remove(join(folder, older));
      last = {
        file,
        tag: segment.header.tag,
        fileBytes: segment.bytes.length,
        end: found.end,
        filledTo: segment.bytes.length,
      };
      kept = true;
    } finally {
      if (!kept) await file.close();
    }
  }
  return { records, positions, last };
}
