import { describe, expect, it } from 'vitest';
import { StatusReader } from './grpc-status.ts';

/** A block of literals, as a server without a dynamic table writes it. */
function block(headers: Readonly<Record<string, string>>): Buffer {
  const parts = Object.entries(headers).flatMap(([name, value]) => [
    Buffer.from([0, name.length]),
    Buffer.from(name),
    Buffer.from([value.length]),
    Buffer.from(value),
  ]);
  return Buffer.concat(parts);
}

function read(reader: StatusReader, headers: Readonly<Record<string, string>>) {
  const bytes = Buffer.concat([Buffer.from('before'), block(headers), Buffer.from('after')]);
  return reader.read(bytes, 6, bytes.length - 5);
}

describe('StatusReader', () => {
  it('does not take an error for the success that it knows', () => {
    const reader = new StatusReader();
    for (let round = 0; round < 3; round += 1) {
      expect(read(reader, { 'grpc-status': '0', 'grpc-message': '' })).toBeNull();
      expect(read(reader, { 'grpc-status': '5', 'grpc-message': '' })).toEqual({ status: 5, message: 'NOT_FOUND' });
      expect(read(reader, { 'grpc-status': '0' })).toBeNull();
    }
  });

  it.each([
    [{ 'grpc-status': '8', 'grpc-message': 'too%20many' }, 8, 'RESOURCE_EXHAUSTED: too many'],
    [{ 'grpc-status': '8', 'grpc-message': '100 %' }, 8, 'RESOURCE_EXHAUSTED: 100 %'],
    [{ 'grpc-status': '77', 'grpc-message': 'what' }, 77, 'status 77: what'],
    [{ 'content-type': 'text/html' }, null, 'no status'],
  ])('tells %j', (headers, status, message) => {
    expect(read(new StatusReader(), headers)).toEqual({ status, message });
  });

  it('takes no headers at all for no status', () => {
    expect(new StatusReader().read(Buffer.alloc(0), 0, 0)).toEqual({ status: null, message: 'no status' });
  });
});
