/** What the tests of codecs share. */
import { expect } from 'vitest';

/** With payloads as plain arrays: a view is compared by its bytes, not by what it is a view of. */
export function bare(part: unknown): unknown {
  if (part instanceof Uint8Array) return [...part];
  if (Array.isArray(part)) return part.map(bare);
  if (typeof part !== 'object' || part === null) return part;
  return Object.fromEntries(Object.entries(part).map(([name, field]) => [name, bare(field)]));
}

/** Every number of a decoded value is a safe integer that is not negative, and every payload lies inside `bytes`. */
export function expectInRange(part: unknown, bytes: Uint8Array): void {
  if (typeof part === 'number') expect(Number.isSafeInteger(part) && part >= 0).toBe(true);
  else if (part instanceof Uint8Array) {
    expect(part.buffer).toBe(bytes.buffer);
    expect(part.byteOffset).toBeGreaterThanOrEqual(bytes.byteOffset);
    expect(part.byteOffset + part.length).toBeLessThanOrEqual(bytes.byteOffset + bytes.length);
  } else if (typeof part === 'object' && part !== null) {
    for (const field of Object.values(part)) expectInRange(field, bytes);
  }
}
