import { describe, expect, test } from 'vitest';
import { Bodies } from './bodies.ts';
import { digest } from './signed-fixture.ts';

/** So many bytes of a frame of 1,000. */
const batchOf = (length: number) => Buffer.from(new ArrayBuffer(1000), 100, length).fill(7);

describe('a batch that is kept', () => {
  test('is a copy where most of what it came with is something else', () => {
    const batch = batchOf(499);
    const { payload } = new Bodies().keep(digest('b'), batch);
    expect(payload).toEqual(batch);
    expect(payload.buffer.byteLength).toBe(499);
  });

  test('is as it came where it is the better part of that', () => {
    const batch = batchOf(500);
    expect(new Bodies().keep(digest('b'), batch).payload).toBe(batch);
  });
});
