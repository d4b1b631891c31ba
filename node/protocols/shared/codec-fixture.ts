/** What the tests of codecs share. */
import fc from 'fast-check';
import { expect } from 'vitest';
import type { Codec } from '../../contract/codec.ts';

/** With payloads as plain arrays: a view is compared by its bytes, not by what it is a view of. */
export function bare(part: unknown): unknown {
  if (part instanceof Uint8Array) return [...part];
  if (Array.isArray(part)) return part.map(bare);
  if (typeof part !== 'object' || part === null) return part;
  return Object.fromEntries(Object.entries(part).map(([name, field]) => [name, bare(field)]));
}

/** Every number of a decoded value is a safe integer that is not negative, and every payload lies inside `bytes`. */
export function expectInRange(part: unknown, bytes: Uint8Array): void {
  // One expectation for all of a value: there are many parts, and each would take longer than the decoding.
  if (!isInRange(part, bytes)) expect.fail(`out of range: ${JSON.stringify(bare(part))}, read from ${hexOf(bytes)}`);
}

function isInRange(part: unknown, bytes: Uint8Array): boolean {
  if (typeof part === 'number') return Number.isSafeInteger(part) && part >= 0;
  if (part instanceof Uint8Array) {
    // A copy, which holds nothing else.
    if (part.buffer !== bytes.buffer) return part.length === part.buffer.byteLength;
    const from = part.byteOffset - bytes.byteOffset;
    return from >= 0 && from + part.length <= bytes.length;
  }
  if (typeof part !== 'object' || part === null) return true;
  return Object.values(part).every((field) => isInRange(field, bytes));
}

/** Nothing is read from the bytes of a value where the end is missing from any byte on, or one more stands behind it. */
export function expectWholeOnly(encoded: Uint8Array, decode: (bytes: Uint8Array) => unknown): void {
  expect(decode(encoded)).not.toBeNull();
  for (let end = 0; end < encoded.length; end += 1) expect(decode(encoded.subarray(0, end))).toBeNull();
  expect(decode(Buffer.concat([encoded, Buffer.alloc(1)]))).toBeNull();
}

const mutations = 100_000;
const samplesEach = 500;

/**
 * Of samples of what the codec writes, changes up to four bytes at a time, or cuts off the first ones. What is read from that
 * all the same is in range, and would be written as the very bytes that it was read from. The same changes each time.
 */
export function expectMutationsSound<M, R>(
  codec: Codec<M, R>,
  messages: fc.Arbitrary<M>,
  records: fc.Arbitrary<R>,
): void {
  const encodeRecord = (record: R): Uint8Array => Buffer.concat(codec.encodeRecord(record));
  const samples = [
    ...fc.sample(messages, { numRuns: samplesEach, seed: 1 }).map(codec.encodeMessage),
    ...fc.sample(records, { numRuns: samplesEach, seed: 2 }).map(encodeRecord),
  ];
  const below = numbersFrom(7);
  for (let round = 0; round < mutations; round += 1) {
    const mutated = mutationOf(samples[below(samples.length)] ?? new Uint8Array(1), below);
    expectOneSpelling(codec.decodeMessage, codec.encodeMessage, mutated);
    expectOneSpelling(codec.decodeRecord, encodeRecord, mutated);
  }
}

/** Numbers below a limit, the same after the same seed: a linear congruential generator. */
function numbersFrom(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

function mutationOf(sample: Uint8Array, below: (limit: number) => number): Uint8Array {
  const bytes = Uint8Array.from(sample);
  for (let changes = below(4); changes >= 0; changes -= 1) {
    bytes[below(bytes.length)] = [below(256), 0, 255, 1][below(4)] ?? 0;
  }
  return bytes.subarray(below(10) === 0 ? below(bytes.length) : 0);
}

function expectOneSpelling<T>(
  decode: (bytes: Uint8Array) => T | null,
  encode: (value: T) => Uint8Array,
  bytes: Uint8Array,
): void {
  const value = decode(bytes);
  if (value === null) return;
  expectInRange(value, bytes);
  const again = encode(value);
  if (Buffer.compare(again, bytes) !== 0) expect(hexOf(again)).toBe(hexOf(bytes));
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}
