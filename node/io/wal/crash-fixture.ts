/** For tests of crashes: what a disk may look like afterwards, and a program that ends at any step it makes. */
import type { Draw, MemoryDisk } from './fixture.ts';

/** mulberry32: repeatable draws. */
export function drawsOf(seed: number): Draw {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What the disk may look like after a crash: nothing unsynced survives, all of it, or any part. */
export function* remains(disk: MemoryDisk, seed: number): Generator<MemoryDisk> {
  yield disk.crash(0);
  yield disk.crash(1);
  for (let variant = 1; variant <= 12; variant += 1) {
    const draw = drawsOf(seed * 100 + variant);
    yield disk.crash(draw(), draw);
  }
}

/** Runs until the power goes before (or after) the operation with this index; false where it is never reached. */
export async function untilCrash(
  disk: MemoryDisk,
  index: number,
  when: 'before' | 'after',
  work: () => Promise<unknown>,
): Promise<boolean> {
  const crash = new Promise<true>((resolve) => {
    const never = new Promise<void>(() => {});
    disk[when] = (operation) => {
      if (operation.index < index) return;
      resolve(true);
      return never;
    };
    // Nothing more is begun once that operation has done its work, by no other branch of the program either.
    if (when === 'after') disk.before = (operation) => (operation.index > index ? never : undefined);
  });
  return Promise.race([crash, work().then(() => false)]);
}
