/**
 * A log gathers this many times the bytes of the snapshot before it before the next is saved: what it costs to save a state stays a
 * part of what it costs to write the log. Ongaro (2014), section 5.1.2.
 */
const growthFactor = 4;

/** How long a log has to be for the next snapshot, in bytes. @param lastBytes - of the snapshot before */
export function dueBytes(snapshotAfterBytes: number, lastBytes: number): number {
  return Math.max(snapshotAfterBytes, growthFactor * lastBytes);
}
