/** For tests: a file of the disk in memory, of which sectors are lost as real disks and kernels lose them. */

export interface Inode {
  bytes: Buffer;
  synced: Buffer;
  /** Sectors that a failed sync left to be: in the page cache, not on the disk, and not to be written by a later sync. */
  readonly forgotten: Set<number>;
}

const sectorBytes = 512;

/** The offsets of the sectors that are not on the disk as they were written. */
function* unsynced({ bytes, synced }: Inode): Generator<number> {
  for (let at = 0; at < bytes.length; at += sectorBytes) {
    const end = Math.min(at + sectorBytes, bytes.length);
    if (end > synced.length || bytes.compare(synced, at, end, at, end) !== 0) yield at;
  }
}

/** What the disk holds once these sectors have reached it. */
function withSectors({ bytes, synced }: Inode, sectors: readonly number[]): Buffer {
  const ends = sectors.map((at) => Math.min(at + sectorBytes, bytes.length));
  const disk = Buffer.alloc(Math.max(synced.length, ...ends));
  synced.copy(disk);
  for (const [index, at] of sectors.entries()) bytes.copy(disk, at, at, ends[index]);
  return disk;
}

/** What is left of a file when the power goes: of what was not synced, any sectors. */
export function afterCrash(inode: Inode, survives: () => boolean): Inode {
  const disk = withSectors(inode, [...unsynced(inode)].filter(survives));
  return { bytes: Buffer.from(disk), synced: disk, forgotten: new Set() };
}

export function syncInode(inode: Inode): void {
  inode.synced = withSectors(
    inode,
    [...unsynced(inode)].filter((at) => !inode.forgotten.has(at)),
  );
}

/** As ext4 does it: the pages count as clean from now on (see `recovery.ts`). */
export function failSync(inode: Inode): void {
  for (const at of unsynced(inode)) inode.forgotten.add(at);
}

export function writeInode(inode: Inode, taken: Buffer, at: number): number {
  const grown = Buffer.alloc(Math.max(inode.bytes.length, at + taken.length));
  inode.bytes.copy(grown);
  taken.copy(grown, at);
  inode.bytes = grown;
  for (let sector = at - (at % sectorBytes); sector < at + taken.length; sector += sectorBytes) {
    inode.forgotten.delete(sector);
  }
  return taken.length;
}
