import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type EtcdRequest, firstValue, putRequest, readRequest, scanRequest, txnRequest } from './messages.ts';
import { kvService } from './rpc-fixture.ts';

function methodOf(path: string) {
  const found = Object.values(kvService).find((method) => method.path === path);
  if (found === undefined) throw new Error(`no method ${path}`);
  return found;
}

/** What any other implementation reads. Bytes become text of one byte a character. */
function understood({ path, message }: EtcdRequest): unknown {
  return JSON.parse(
    JSON.stringify(methodOf(path).requestDeserialize(Buffer.from(message)), (_, value: unknown) =>
      isBytes(value) ? Buffer.from(value.data).toString('latin1') : value,
    ),
  );
}

function isBytes(value: unknown): value is { type: 'Buffer'; data: number[] } {
  return typeof value === 'object' && value !== null && 'type' in value && value.type === 'Buffer';
}

const text = (maxLength: number) => fc.uint8Array({ maxLength }).map((bytes) => Buffer.from(bytes).toString('latin1'));
const put = fc.record({ key: text(40), value: text(1000) });

describe('requests are read as they were meant', () => {
  it('puts', () => {
    fc.assert(
      fc.property(put, (one) => {
        expect(understood(putRequest(one))).toEqual(one);
      }),
    );
  });

  it('reads', () => {
    fc.assert(
      fc.property(text(300), (key) => {
        expect(understood(readRequest(key))).toEqual({ key });
      }),
    );
  });

  it('scans', () => {
    fc.assert(
      fc.property(text(300), fc.integer({ min: 1, max: 2 ** 31 - 1 }), (key, count) => {
        expect(understood(scanRequest(key, count))).toEqual({ key, range_end: '\0', limit: count });
      }),
    );
  });

  it('transactions', () => {
    fc.assert(
      fc.property(fc.array(put, { maxLength: 120 }), (puts) => {
        const expected = puts.length === 0 ? {} : { success: puts.map((each) => ({ request_put: each })) };
        expect(understood(txnRequest(puts))).toEqual(expected);
      }),
    );
  });

  it('also those that are larger than what was there before', () => {
    const large = { key: 'k', value: 'v'.repeat(500_000) };
    expect(understood(putRequest(large))).toEqual(large);
    expect(understood(putRequest({ key: 'a', value: 'b' }))).toEqual({ key: 'a', value: 'b' });
  });
});

describe('firstValue', () => {
  const serialize = (reply: object) => methodOf('/etcdserverpb.KV/Range').responseSerialize(reply);
  const header = { cluster_id: 7, member_id: 8, revision: 1e9, raft_term: 2 };

  it('is that of the first record', () => {
    const record = fc.record({ key: text(20), value: text(1000), version: fc.nat(), mod_revision: fc.maxSafeNat() });
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 3 }), (records) => {
        const kvs = records.map((each) => ({
          ...each,
          key: Buffer.from(each.key, 'latin1'),
          value: Buffer.from(each.value, 'latin1'),
        }));
        expect(firstValue(serialize({ header, kvs, count: 9, more: true }))).toBe(records[0]?.value);
      }),
    );
  });

  it('is null where there is none, and undefined where the bytes are no reply', () => {
    expect(firstValue(serialize({ header }))).toBeNull();
    expect(firstValue(Buffer.alloc(0))).toBeNull();
    expect(firstValue(Buffer.from([0x12, 0x7f]))).toBeUndefined();
    expect(firstValue(Buffer.from([0x12, 0x02, 0x2a, 0x7f]))).toBeUndefined();
  });
});
