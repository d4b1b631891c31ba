import { describe, expect, it } from 'vitest';
import { decodeRequests, encodeRequests } from './client-batches.ts';
import { FieldReader, putFieldHead, wireType } from './wire.ts';

describe('a message within a message', () => {
  /** Field 1 holds `inner`, said to be `length` bytes long; what follows stands behind it. */
  function nested(inner: readonly number[], behind: readonly number[] = [], length = inner.length): Buffer {
    const head = Buffer.alloc(6);
    return Buffer.concat([head.subarray(0, putFieldHead(head, 0, 1, length)), Buffer.from([...inner, ...behind])]);
  }

  const seven = [(1 << 3) | wireType.varint, 7];
  const eight = [(2 << 3) | wireType.varint, 8];

  it('ends where it says, and the outer one goes on behind it', () => {
    const reader = new FieldReader(nested(seven, eight));
    expect(reader.next()).toBe(true);
    const outer = reader.enter();
    expect([reader.next(), reader.field, reader.varint(), reader.next()]).toEqual([true, 1, 7, false]);
    reader.leave(outer);
    expect([reader.next(), reader.field, reader.varint(), reader.next()]).toEqual([true, 2, 8, false]);
    expect(reader.failed).toBe(false);
  });

  it('may be empty', () => {
    const reader = new FieldReader(nested([], eight));
    reader.next();
    const outer = reader.enter();
    expect(reader.next()).toBe(false);
    reader.leave(outer);
    expect([reader.next(), reader.varint(), reader.failed]).toEqual([true, 8, false]);
  });

  it.each([
    ['by a byte', 3],
    ['by far', 2 ** 32 - 1],
  ])('fails for good where it would end behind the outer one: %s', (_, length) => {
    const reader = new FieldReader(nested(seven, [], length));
    reader.next();
    const outer = reader.enter();
    expect([reader.failed, reader.next()]).toEqual([true, false]);
    reader.leave(outer);
    expect([reader.failed, reader.next()]).toEqual([true, false]);
  });

  it('fails where its length is no number', () => {
    const reader = new FieldReader(Buffer.from([(1 << 3) | wireType.bytes, ...Array(11).fill(0xff)]));
    reader.next();
    reader.leave(reader.enter());
    expect([reader.failed, reader.next()]).toEqual([true, false]);
  });

  it.each([
    ['a view', [(3 << 3) | wireType.bytes, 4, 1, 2]],
    ['a number of eight bytes', [(3 << 3) | wireType.fixed64, 1, 2]],
    ['a varint', [(3 << 3) | wireType.varint, 0x80]],
    ['a message', [(3 << 3) | wireType.bytes, 4, ...seven]],
  ])('does not reach behind its own end: %s', (what, inner) => {
    // There are bytes enough behind it, which are not its own.
    const reader = new FieldReader(nested(inner, [1, 2, 3, 4, 5, 6, 7, 8, 9]));
    reader.next();
    const outer = reader.enter();
    expect(reader.next()).toBe(true);
    if (what === 'a message') reader.leave(reader.enter());
    else reader.skip();
    expect(reader.failed).toBe(true);
    reader.leave(outer);
    expect(reader.next()).toBe(false);
  });

  it('that is cut off makes the whole batch none', () => {
    const batch = encodeRequests([
      { id: 1, access: 'write', command: Buffer.from('a') },
      { id: 2, access: 'read', command: Buffer.from('b') },
    ]);
    expect(decodeRequests(batch)).toHaveLength(2);
    expect(decodeRequests(batch.subarray(0, -1))).toBeNull();
    // The first one claims the bytes of the second.
    const greedy = Buffer.from(batch);
    greedy[1] = batch.length - 2;
    expect(decodeRequests(greedy)).toHaveLength(1);
  });
});
