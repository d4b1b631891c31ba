import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type GroupFrom, Groups } from '../paxos/groups.ts';
import type { Value } from '../paxos/value.ts';
import { maxValues } from '../paxos/value-fields.ts';
import { bare, expectMutationsSound, expectWholeOnly } from '../shared/codec-fixture.ts';
import { multiPaxosCodec } from './codec.ts';
import { accept, ballot, bytes } from './fixture.ts';
import type { MultiPaxosMessage, MultiPaxosRecord, Run } from './messages.ts';

const number = fc.oneof(
  fc.maxSafeNat(),
  fc.nat(300),
  fc.constantFrom(0, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER),
);
const slot = number.map((each) => Math.max(1, each));
const anyBallot = fc.record({ round: number, node: fc.oneof(fc.constantFrom('', 'n1', 'shard2/n1'), fc.string()) });
const payload = fc.uint8Array({ maxLength: 40 });
const anyValue = fc.record<Value>({ payload, kind: fc.constant('group') }, { requiredKeys: ['payload'] });
const values = fc.array(anyValue, { maxLength: 6 });
const runs = fc.array(fc.record<Run>({ ballot: anyBallot, from: slot, values }), { maxLength: 3 });
const names = fc.uniqueArray(fc.constantFrom('n1', 'n2', 'n3', 'n4', 'shard2/n1'), { minLength: 2 });
const anyGroups = fc
  .uniqueArray(slot, { minLength: 1, maxLength: 3 })
  .chain((slots) => fc.tuple(...slots.sort((a, b) => a - b).map((from) => names.map((ids) => groupOf(from, ids)))));

/** The last of the names only learns. */
function groupOf(from: number, ids: readonly string[]): GroupFrom {
  return { from, group: { voters: ids.slice(0, -1).sort(), learners: ids.slice(-1) } };
}

const messages = {
  prepare: fc.record(
    { type: fc.constant('prepare'), ballot: anyBallot, from: slot, handover: anyBallot },
    { requiredKeys: ['type', 'ballot', 'from'] },
  ),
  promise: fc.record({ type: fc.constant('promise'), ballot: anyBallot, chosenTo: number, runs, loss: number }),
  refuse: fc.record({ type: fc.constant('refuse'), ballot: anyBallot, promised: anyBallot }),
  accept: fc.record({
    type: fc.constant('accept'),
    ballot: anyBallot,
    base: slot,
    from: slot,
    values,
    chosenTo: number,
    round: number,
  }),
  accepted: fc.record({
    type: fc.constant('accepted'),
    ballot: anyBallot,
    base: slot,
    to: number,
    gap: fc.boolean(),
    chosenTo: number,
    round: number,
    loss: number,
  }),
  'hand-over': fc.record({ type: fc.constant('hand-over'), ballot: anyBallot }),
  learn: fc.record({ type: fc.constant('learn'), from: slot }),
  learned: fc.record({ type: fc.constant('learned'), from: slot, values, chosenTo: number }),
  fetch: fc.record({ type: fc.constant('fetch'), index: slot, offset: number }),
  piece: fc.record({
    type: fc.constant('piece'),
    index: slot,
    groups: anyGroups,
    offset: number,
    bytes: payload,
    last: fc.boolean(),
  }),
} satisfies { [K in MultiPaxosMessage['type']]: fc.Arbitrary<{ type: K }> };

const records = {
  promise: fc.record({ kind: fc.constant('promise'), ballot: anyBallot, chosenTo: number }),
  accept: fc.record({ kind: fc.constant('accept'), ballot: anyBallot, from: slot, values, chosenTo: number }),
  lost: fc.record({ kind: fc.constant('lost'), loss: slot }),
  chosen: fc.record({ kind: fc.constant('chosen'), from: slot, values }),
  snapshot: fc.record(
    { kind: fc.constant('snapshot'), index: slot, groups: anyGroups, loss: slot },
    { requiredKeys: ['kind', 'index', 'groups'] },
  ),
} satisfies { [K in MultiPaxosRecord['kind']]: fc.Arbitrary<{ kind: K }> };

const anyMessage = fc.oneof(...Object.values(messages)) as fc.Arbitrary<MultiPaxosMessage>;
const anyRecord = fc.oneof(...Object.values(records)) as fc.Arbitrary<MultiPaxosRecord>;

/** A record as it stands in a log. */
const encodedRecord = (record: MultiPaxosRecord): Buffer => Buffer.concat(multiPaxosCodec.encodeRecord(record));

describe('a round trip', () => {
  test.each(Object.entries(messages))('of a %s message changes nothing', (_type, arbitrary) => {
    fc.assert(
      fc.property(arbitrary as fc.Arbitrary<MultiPaxosMessage>, (msg) => {
        const decoded = multiPaxosCodec.decodeMessage(multiPaxosCodec.encodeMessage(msg));
        expect(bare(decoded)).toEqual(bare(msg));
      }),
      { numRuns: 300 },
    );
  });

  test.each(Object.entries(records))('of a record of the kind %s changes nothing', (_kind, arbitrary) => {
    fc.assert(
      fc.property(arbitrary as fc.Arbitrary<MultiPaxosRecord>, (record) => {
        expect(bare(multiPaxosCodec.decodeRecord(encodedRecord(record)))).toEqual(bare(record));
      }),
      { numRuns: 300 },
    );
  });

  test('large payloads of a record are pieces of their own, and are not copied', () => {
    const [small, large] = [new Uint8Array(100).fill(1), new Uint8Array(5000).fill(2)];
    const written = [small, large, large, small].map((each) => ({ payload: each }));
    for (const record of [
      { kind: 'accept', ballot: ballot(1, 'n1'), from: 7, values: written, chosenTo: 3 },
      { kind: 'chosen', from: 7, values: written },
    ] as const) {
      const pieces = multiPaxosCodec.encodeRecord(record);
      expect(pieces.filter((piece) => piece === large)).toHaveLength(2);
      expect(bare(multiPaxosCodec.decodeRecord(Buffer.concat(pieces)))).toEqual(bare(record));
    }
  });

  test('the bytes are what the files say', () => {
    const msg = accept(ballot(2 ** 32 + 5, 'n2'), { base: 3, from: 4, values: [{ payload: bytes('x') }], chosenTo: 2 });
    const number8 = (hex: string) => hex.padStart(16, '0');
    const ballotHex = `${number8('100000005')}00000002${'6e32'}`;
    const valueHex = `00000001${'00'}00000001${'78'}`;
    expect(Buffer.from(multiPaxosCodec.encodeMessage(msg)).toString('hex')).toBe(
      `0103${ballotHex}${number8('3')}${number8('4')}${valueHex}${number8('2')}${number8('0')}`,
    );
    const record: MultiPaxosRecord = { kind: 'promise', ballot: ballot(2 ** 32 + 5, 'n2'), chosenTo: 9 };
    expect(encodedRecord(record).toString('hex')).toBe(`0100${ballotHex}${number8('9')}`);
  });
});

describe('what is refused', () => {
  test('every message and record that ends at any earlier byte, or has one more', () => {
    const { decodeMessage, decodeRecord, encodeMessage } = multiPaxosCodec;
    fc.assert(fc.property(anyMessage, (msg) => expectWholeOnly(encodeMessage(msg), decodeMessage)));
    fc.assert(fc.property(anyRecord, (record) => expectWholeOnly(encodedRecord(record), decodeRecord)));
  });

  test('100,000 mutations are refused, or are values in range with one spelling', () => {
    expectMutationsSound(multiPaxosCodec, anyMessage, anyRecord);
  });

  const one = '0000000000000001';
  test.each([
    ['nothing', ''],
    ['another version', `0206${one}`],
    ['an unknown type', `010a${one}`],
    ['what is asked for from slot 0 on', '01060000000000000000'],
    ['a slot of 2^53', '01060020000000000000'],
    ['a round of 2^53', '0105' + '0020000000000000' + '00000000'],
    ['a handover of 2', `0100${one}00000000${one}02`],
    ['a name that is no UTF-8', `0105${one}00000001ff`],
    ['a name of 4 GiB', `0105${one}ffffffff`],
    ['a count of 4 billion runs', `0101${one}00000000${one}ffffffff`],
    ['a count of 4 billion values', `0107${one}ffffffff${one}`],
    ['a payload of 4 GiB', `0107${one}0000000100ffffffff${one}`],
    ['a value of an unknown kind', `0107${one}000000010200000000${one}`],
    ['a snapshot of nothing', `010800000000000000000000000000000000`],
    ['a snapshot behind which nobody decides', `0109${one}00000000${one}0000000000`],
  ])('%s', (_what, hex) => {
    expect(multiPaxosCodec.decodeMessage(Buffer.from(hex, 'hex'))).toBeNull();
  });

  test('groups that are out of order', () => {
    const groups = new Groups(['n1']).behind(0);
    const twice = encodedRecord({ kind: 'snapshot', index: 1, groups: [...groups, ...groups] });
    expect(multiPaxosCodec.decodeRecord(twice)).toBeNull();
    expect(multiPaxosCodec.decodeRecord(encodedRecord({ kind: 'snapshot', index: 1, groups }))).not.toBeNull();
  });

  test('more values than the limit, in both directions', () => {
    const many = (count: number): MultiPaxosRecord => {
      const none = { payload: new Uint8Array(0) };
      return { kind: 'chosen', from: 1, values: Array.from({ length: count }, () => none) };
    };
    expect(() => encodedRecord(many(maxValues + 1))).toThrow(RangeError);
    const encoded = encodedRecord(many(maxValues));
    expect(multiPaxosCodec.decodeRecord(encoded)).toMatchObject({ from: 1 });
    const more = Buffer.concat([encoded, Buffer.alloc(5)]);
    more.writeUInt32BE(maxValues + 1, 10);
    expect(multiPaxosCodec.decodeRecord(more)).toBeNull();
  });

  test.each([-1, 1.5, Number.NaN, 2 ** 53])('to write a slot of %d', (from) => {
    expect(() => multiPaxosCodec.encodeMessage({ type: 'learn', from })).toThrow(RangeError);
  });
});
