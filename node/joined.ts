/** Batches one behind the other, which are a batch again (`machine/command.ts`, `bundle.ts`). */

/** How many of the first are no longer than `maxBytes` together; one where the first is longer by itself. */
export function countFitting<T>(all: readonly T[], maxBytes: number, bytesOf: (each: T) => number): number {
  let bytes = 0;
  const end = all.findIndex((each) => {
    bytes += bytesOf(each);
    return bytes > maxBytes;
  });
  return end < 0 ? all.length : Math.max(1, end);
}

/** Without a copy where there is one. */
export function joined(batches: readonly Uint8Array[]): Uint8Array {
  const [first, ...others] = batches;
  return first !== undefined && others.length === 0 ? first : Buffer.concat(batches);
}
