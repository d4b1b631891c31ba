import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Group } from '../../contract/view.ts';
import { bare, expectInRange, expectMutationsSound, expectWholeOnly } from '../shared/codec-fixture.ts';
import { paxosCodec } from './codec.ts';
import { normalGroup } from './group-codec.ts';
import type { GroupFrom } from './groups.ts';
import type { PaxosMessage, PaxosRecord } from './messages.ts';
import type { Value } from './value.ts';
import { maxValues } from './value-fields.ts';

const number = fc.oneof(
  fc.maxSafeNat(),
  fc.nat(300),
  fc.constantFrom(0, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER),
);
const slot = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
const ballot = fc.record({ round: number, node: fc.string({ unit: 'grapheme', maxLength: 6 }) });
const payload = fc.uint8Array({ maxLength: 40 });
const value = fc.record<Value>({ payload, kind: fc.constant('group') }, { requiredKeys: ['payload'] });
const values = fc.array(value, { maxLength: 5 });
const names = fc.array(fc.constantFrom('n1', 'n2', 'n3', 'shard2/n4'), { minLength: 1, maxLength: 4 });
const group: fc.Arbitrary<Group> = names.map((voters) => normalGroup({ voters, learners: ['l1'] }));
const groups: fc.Arbitrary<GroupFrom[]> = fc
  .array(group, { minLength: 1, maxLength: 3 })
  .map((all) => all.map((each, at) => ({ from: 1 + 7 * at, group: each })));

const messages = {
  prepare: fc.record({ type: fc.constant('prepare'), slot, ballot }),
  promise: fc.record(
    { type: fc.constant('promise'), slot, ballot, accepted: fc.record({ ballot, value }) },
    { requiredKeys: ['type', 'slot', 'ballot'] },
  ),
  refuse: fc.record({ type: fc.constant('refuse'), slot, ballot, promised: ballot }),
  accept: fc.record({ type: fc.constant('accept'), slot, ballot, value }),
  accepted: fc.record({ type: fc.constant('accepted'), slot, ballot }),
  chosen: fc.record({ type: fc.constant('chosen'), slot, ballot }),
  known: fc.record({ type: fc.constant('known'), chosenTo: number }),
  heartbeat: fc.record({
    type: fc.constant('heartbeat'),
    chosenTo: number,
    last: fc.record({ slot: number, ballot }),
  }),
  probe: fc.record({ type: fc.constant('probe'), life: number, round: number }),
  probed: fc.record({
    type: fc.constant('probed'),
    life: number,
    round: number,
    acceptedTo: number,
    lastChosen: number,
  }),
  learn: fc.record({ type: fc.constant('learn'), from: slot }),
  learned: fc.record({ type: fc.constant('learned'), from: slot, values, chosenTo: number }),
  fetch: fc.record({ type: fc.constant('fetch'), index: slot, offset: number }),
  piece: fc.record({
    type: fc.constant('piece'),
    index: slot,
    groups,
    offset: number,
    bytes: payload,
    last: fc.boolean(),
  }),
} satisfies { [K in PaxosMessage['type']]: fc.Arbitrary<{ type: K }> };

const records = {
  promise: fc.record({ kind: fc.constant('promise'), slot, ballot, chosenTo: number }),
  accept: fc.record({ kind: fc.constant('accept'), slot, ballot, value, chosenTo: number }),
  chosen: fc.record({ kind: fc.constant('chosen'), from: slot, values }),
  snapshot: fc.record({ kind: fc.constant('snapshot'), index: slot, groups }),
} satisfies { [K in PaxosRecord['kind']]: fc.Arbitrary<{ kind: K }> };

const anyMessage = fc.oneof(...Object.values(messages)) as fc.Arbitrary<PaxosMessage>;
const anyRecord = fc.oneof(...Object.values(records)) as fc.Arbitrary<PaxosRecord>;

/** A record as it stands in a log. */
const encodedRecord = (record: PaxosRecord): Buffer => Buffer.concat(paxosCodec.encodeRecord(record));

describe('a round trip', () => {
  test.each(Object.entries(messages))('of a %s message changes nothing', (_type, arbitrary) => {
    fc.assert(
      fc.property(arbitrary as fc.Arbitrary<PaxosMessage>, (msg) => {
        expect(bare(paxosCodec.decodeMessage(paxosCodec.encodeMessage(msg)))).toEqual(bare(msg));
      }),
      { numRuns: 300 },
    );
  });

  test.each(Object.entries(records))('of a record of the kind %s changes nothing', (_kind, arbitrary) => {
    fc.assert(
      fc.property(arbitrary as fc.Arbitrary<PaxosRecord>, (record) => {
        expect(bare(paxosCodec.decodeRecord(encodedRecord(record)))).toEqual(bare(record));
      }),
      { numRuns: 300 },
    );
  });

  test('gives payloads as views, from a plain Uint8Array inside a larger buffer too', () => {
    const record: PaxosRecord = {
      kind: 'accept',
      slot: 3,
      ballot: { round: 2, node: 'n1' },
      value: { payload: new TextEncoder().encode('a value') },
      chosenTo: 1,
    };
    const encoded = encodedRecord(record);
    const larger = new Uint8Array(encoded.length + 20);
    larger.set(encoded, 10);
    const part = larger.subarray(10, 10 + encoded.length);
    const decoded = paxosCodec.decodeRecord(part);
    expect(bare(decoded)).toEqual(bare(record));
    expectInRange(decoded, part);
  });

  test('a large payload is a piece of its own, and is not copied', () => {
    const large = new Uint8Array(5000).fill(2);
    const record: PaxosRecord = {
      kind: 'accept',
      slot: 3,
      ballot: { round: 2, node: 'n1' },
      value: { payload: large },
      chosenTo: 1,
    };
    const pieces = paxosCodec.encodeRecord(record);
    expect(pieces.filter((piece) => piece === large)).toHaveLength(1);
    expect(bare(paxosCodec.decodeRecord(Buffer.concat(pieces)))).toEqual(bare(record));
  });

  test('the bytes are what the file says', () => {
    const ballotOf = { round: 5, node: 'n2' };
    expect(Buffer.from(paxosCodec.encodeMessage({ type: 'prepare', slot: 2 ** 32 + 1, ballot: ballotOf }))).toEqual(
      Buffer.from(`0100${'0000000100000001'}${'0000000000000005'}${'000000026e32'}`, 'hex'),
    );
    expect(encodedRecord({ kind: 'promise', slot: 1, ballot: ballotOf, chosenTo: 3 })).toEqual(
      Buffer.from(`0100${'0000000000000001'}${'0000000000000005'}${'000000026e32'}${'0000000000000003'}`, 'hex'),
    );
  });
});

describe('what is refused', () => {
  test('every message and record that ends at any earlier byte, or has one more', () => {
    fc.assert(
      fc.property(anyMessage, (msg) => expectWholeOnly(paxosCodec.encodeMessage(msg), paxosCodec.decodeMessage)),
    );
    fc.assert(fc.property(anyRecord, (record) => expectWholeOnly(encodedRecord(record), paxosCodec.decodeRecord)));
  });

  test('100,000 mutations are refused, or are values in range with one spelling', () => {
    expectMutationsSound(paxosCodec, anyMessage, anyRecord);
  });

  const slotAndBallot = `${'0000000000000001'}${'0000000000000005'}${'000000026e32'}`;
  test.each([
    ['another version', `0200${slotAndBallot}`],
    ['an unknown type', `010e${slotAndBallot}`],
    ['slot 0', `0100${'0000000000000000'}${'0000000000000005'}${'000000026e32'}`],
    ['a round of 2^53', `0100${'0000000000000001'}${'0020000000000000'}${'000000026e32'}`],
    ['a name that is no UTF-8', `0100${'0000000000000001'}${'0000000000000005'}${'00000002ffff'}`],
    ['a promise whose flag is 2', `0101${slotAndBallot}02`],
    ['an accept of no value', `0103${slotAndBallot}00000000`],
    ['an accept of two values', `0103${slotAndBallot}00000002${'0000000000'}${'0000000000'}`],
    ['a value of an unknown kind', `0103${slotAndBallot}00000001${'0200000000'}`],
    ['a payload of 4 GiB', `0103${slotAndBallot}00000001${'00ffffffff'}`],
    ['nothing', ''],
  ])('%s', (_what, hex) => {
    expect(paxosCodec.decodeMessage(Buffer.from(hex, 'hex'))).toBeNull();
  });

  test('more values than the limit, in both directions', () => {
    const many = (count: number): PaxosRecord => ({
      kind: 'chosen',
      from: 1,
      values: Array.from({ length: count }, () => ({ payload: new Uint8Array(0) })),
    });
    expect(() => encodedRecord(many(maxValues + 1))).toThrow(RangeError);
    const encoded = encodedRecord(many(maxValues));
    expect(paxosCodec.decodeRecord(encoded)).toMatchObject({ from: 1 });
    const more = Buffer.concat([encoded, encoded.subarray(-5)]);
    more.writeUInt32BE(maxValues + 1, 10);
    expect(paxosCodec.decodeRecord(more)).toBeNull();
  });

  test.each([-1, 1.5, Number.NaN, 2 ** 53])('a slot of %d is never encoded', (wrong) => {
    expect(() => paxosCodec.encodeMessage({ type: 'known', chosenTo: wrong })).toThrow(RangeError);
  });
});
