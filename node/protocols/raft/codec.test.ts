import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bare, expectInRange, expectMutationsSound, expectWholeOnly } from '../shared/codec-fixture.ts';
import { raftCodec } from './codec.ts';
import { anyConfiguration } from './configuration-fixture.ts';
import { maxEntries } from './entry-fields.ts';
import type { Entry, RaftMessage, RaftRecord } from './messages.ts';

const number = fc.oneof(
  fc.maxSafeNat(),
  fc.nat(300),
  fc.constantFrom(0, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER),
);
const anyEntry = fc.record<Entry>(
  { term: number, payload: fc.uint8Array({ maxLength: 40 }), kind: fc.constant('configuration') },
  { requiredKeys: ['term', 'payload'] },
);
const entries = fc.array(anyEntry, { maxLength: 6 });

const messages = {
  'pre-vote': fc.record({ type: fc.constant('pre-vote'), term: number, lastIndex: number, lastTerm: number }),
  'pre-vote-reply': fc.record({ type: fc.constant('pre-vote-reply'), term: number, granted: fc.boolean() }),
  vote: fc.record(
    { type: fc.constant('vote'), term: number, lastIndex: number, lastTerm: number, transfer: fc.constant(true) },
    { requiredKeys: ['type', 'term', 'lastIndex', 'lastTerm'] },
  ),
  'vote-reply': fc.record({ type: fc.constant('vote-reply'), term: number, granted: fc.boolean() }),
  append: fc.record({
    type: fc.constant('append'),
    term: number,
    prevIndex: number,
    prevTerm: number,
    entries,
    commitIndex: number,
    round: number,
  }),
  'append-reply': fc.record({
    type: fc.constant('append-reply'),
    term: number,
    success: fc.boolean(),
    prevIndex: number,
    matchIndex: number,
    hintIndex: number,
    round: number,
  }),
  install: fc.record({
    type: fc.constant('install'),
    term: number,
    index: fc.integer({ min: 1, max: 2 ** 53 - 1 }),
    lastTerm: number,
    offset: number,
    bytes: fc.uint8Array({ maxLength: 40 }),
    last: fc.boolean(),
    configuration: anyConfiguration,
  }),
  'timeout-now': fc.record({ type: fc.constant('timeout-now'), term: number }),
  'install-reply': fc.record({
    type: fc.constant('install-reply'),
    term: number,
    index: fc.integer({ min: 1, max: 2 ** 53 - 1 }),
    offset: number,
  }),
} satisfies { [K in RaftMessage['type']]: fc.Arbitrary<{ type: K }> };

const records = {
  vote: fc.record({ kind: fc.constant('vote'), term: number, votedFor: fc.option(fc.string({ unit: 'grapheme' })) }),
  entries: fc.record({ kind: fc.constant('entries'), from: fc.integer({ min: 1, max: 2 ** 53 - 1 }), entries }),
  snapshot: fc.record({
    kind: fc.constant('snapshot'),
    index: fc.integer({ min: 1, max: 2 ** 53 - 1 }),
    term: number,
    configuration: anyConfiguration,
  }),
} satisfies { [K in RaftRecord['kind']]: fc.Arbitrary<{ kind: K }> };

const anyMessage = fc.oneof(...Object.values(messages)) as fc.Arbitrary<RaftMessage>;
const anyRecord = fc.oneof(...Object.values(records)) as fc.Arbitrary<RaftRecord>;

/** A record as it stands in a log. */
const encodedRecord = (record: RaftRecord): Buffer => Buffer.concat(raftCodec.encodeRecord(record));

describe('a round trip', () => {
  test.each(Object.entries(messages))('of a %s message changes nothing', (_type, arbitrary) => {
    fc.assert(
      fc.property(arbitrary as fc.Arbitrary<RaftMessage>, (msg) => {
        const decoded = raftCodec.decodeMessage(raftCodec.encodeMessage(msg));
        expect(bare(decoded)).toEqual(bare(msg));
      }),
      { numRuns: 500 },
    );
  });

  test.each(Object.entries(records))('of a record of the kind %s changes nothing', (_kind, arbitrary) => {
    fc.assert(
      fc.property(arbitrary as fc.Arbitrary<RaftRecord>, (record) => {
        const decoded = raftCodec.decodeRecord(encodedRecord(record));
        expect(bare(decoded)).toEqual(bare(record));
      }),
      { numRuns: 500 },
    );
  });

  test('gives payloads as views, from a plain Uint8Array inside a larger buffer too', () => {
    const payload = new TextEncoder().encode('a value');
    const encoded = encodedRecord({ kind: 'entries', from: 1, entries: [{ term: 2, payload }] });
    const larger = new Uint8Array(encoded.length + 20);
    larger.set(encoded, 10);
    const decoded = raftCodec.decodeRecord(larger.subarray(10, 10 + encoded.length));
    expect(bare(decoded)).toEqual({
      kind: 'entries',
      from: 1,
      entries: [{ term: 2, payload: [...payload] }],
    });
    expectInRange(decoded, larger.subarray(10, 10 + encoded.length));
  });

  test('large payloads are pieces of their own, and are not copied', () => {
    const [small, large] = [new Uint8Array(100).fill(1), new Uint8Array(5000).fill(2)];
    const entries = [small, large, large, small].map((payload) => ({ term: 3, payload }));
    const pieces = raftCodec.encodeRecord({ kind: 'entries', from: 7, entries });
    expect(pieces.filter((piece) => piece === large)).toHaveLength(2);
    expect(bare(raftCodec.decodeRecord(Buffer.concat(pieces)))).toEqual(bare({ kind: 'entries', from: 7, entries }));
  });

  test('the bytes are what the file says', () => {
    expect(Buffer.from(raftCodec.encodeMessage({ type: 'vote-reply', term: 2 ** 32 + 5, granted: true }))).toEqual(
      Buffer.from('020300000001000000' + '0501', 'hex'),
    );
    expect(encodedRecord({ kind: 'vote', term: 1, votedFor: 'n2' })).toEqual(
      Buffer.from('02000000000000000001016e32', 'hex'),
    );
  });
});

describe('what is refused', () => {
  test('every message and record that ends at any earlier byte, or has one more', () => {
    // A vote's name reaches to the end of its bytes, so a shorter name is another vote; logs and sockets frame it.
    const anyEntries = records.entries as fc.Arbitrary<RaftRecord>;
    fc.assert(fc.property(anyMessage, (msg) => expectWholeOnly(raftCodec.encodeMessage(msg), raftCodec.decodeMessage)));
    fc.assert(fc.property(anyEntries, (record) => expectWholeOnly(encodedRecord(record), raftCodec.decodeRecord)));
  });

  test('100,000 mutations are refused, or are values in range with one spelling', () => {
    expectMutationsSound(raftCodec, anyMessage, anyRecord);
  });

  test.each([
    ['another version', '0103000000000000000501'],
    ['an unknown type', '0209000000000000000501'],
    ['a term of 2^53', '0203002000000000000001'],
    ['a flag of 2', '0203000000000000000502'],
    ['nothing', ''],
  ])('%s', (_what, hex) => {
    expect(raftCodec.decodeMessage(Buffer.from(hex, 'hex'))).toBeNull();
  });

  test.each([
    ['entries at index 0', '0101000000000000000000000000'],
    ['a count of 4 billion entries', '01010000000000000001ffffffff'],
    ['a payload of 4 GiB', '0101000000000000000100000001' + '0000000000000001ffffffff'],
    ['a name after no vote', '01000000000000000001006e32'],
    ['a name that is no UTF-8', '010000000000000000' + '0101ff'],
  ])('%s', (_what, hex) => {
    expect(raftCodec.decodeRecord(Buffer.from(hex, 'hex'))).toBeNull();
  });

  test('more entries than the limit, in both directions', () => {
    const many = (count: number): RaftRecord => ({
      kind: 'entries',
      from: 1,
      entries: Array.from({ length: count }, () => ({ term: 1, payload: new Uint8Array(0) })),
    });
    expect(() => encodedRecord(many(maxEntries + 1))).toThrow(RangeError);
    const encoded = encodedRecord(many(maxEntries));
    expect(raftCodec.decodeRecord(encoded)).toMatchObject({ from: 1 });
    const more = Buffer.concat([encoded, encoded.subarray(-12)]);
    more.writeUInt32BE(maxEntries + 1, 10);
    expect(raftCodec.decodeRecord(more)).toBeNull();
  });

  test.each([-1, 1.5, Number.NaN, 2 ** 53])('a term of %d is never encoded', (term) => {
    expect(() => raftCodec.encodeMessage({ type: 'vote-reply', term, granted: true })).toThrow(RangeError);
  });
});
