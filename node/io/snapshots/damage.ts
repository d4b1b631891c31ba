/** What is said where a snapshot is not what was written. */
import { join } from 'node:path';

/** A snapshot cannot be trusted. The message says where, what is wrong and what to do. */
export class SnapshotDamaged extends Error {
  override readonly name = 'SnapshotDamaged';
}

/** @param what - what is wrong at this offset of the file, as a clause */
export function damage(folder: string, name: string, offset: number, what: string): SnapshotDamaged {
  return new SnapshotDamaged(
    `${join(folder, name)}, offset ${offset}: ${what}. This is damage, not an interrupted write. Do not repair or remove ` +
      `the snapshot: stop the replica, wipe ${folder} and its log and let it rejoin without a vote until it has caught up.`,
  );
}
