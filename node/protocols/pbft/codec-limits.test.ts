import { describe, expect, test } from 'vitest';
import { signatureBytes } from '../../contract/crypto.ts';
import { maxSignatures } from './certificate-fields.ts';
import { maxItems, pbftCodec } from './codec.ts';
import type { Certificate, PbftMessage, PbftRecord, SlotReport, ViewChange } from './messages.ts';
import { maxPieces } from './snapshot-fields.ts';
import { maxChanges, maxReports } from './view-change-fields.ts';

const digest = 'ab'.repeat(32);
const payload = new Uint8Array(3);
const signature = { signer: 'n1', bytes: new Uint8Array(signatureBytes) };

const certificate = (signatures: Certificate['signatures']): Certificate => {
  return { kind: 'slow', view: 1, slot: 5, digest, signatures };
};
const change = (slots: readonly SlotReport[]): ViewChange => {
  return { type: 'view-change', view: 1, stable: { slot: 0, digest, signatures: [] }, slots, signature };
};

interface List {
  readonly most: number;
  /** Where in the bytes the count stands. */
  readonly countAt: number;
  /** With an item for each of these numbers. */
  readonly message?: (numbers: readonly number[]) => PbftMessage;
  readonly record?: (numbers: readonly number[]) => PbftRecord;
}

const lists: Record<string, List> = {
  'signatures of a certificate': {
    most: maxSignatures,
    countAt: 2 + 8 + 8 + 32 + 1,
    record: (numbers) => ({ kind: 'prepared', certificate: certificate(numbers.map(() => signature)) }),
  },
  'signatures of a stable checkpoint': {
    most: maxSignatures,
    countAt: 2 + 8 + 32,
    record: (numbers) => ({
      kind: 'stable',
      checkpoint: { slot: 4, digest, signatures: numbers.map(() => signature) },
    }),
  },
  'view changes of a NEW-VIEW': {
    most: maxChanges,
    countAt: 2 + 8,
    message: (numbers) => ({ type: 'new-view', view: 1, changes: numbers.map(() => change([])), signature }),
  },
  'reports of a view change': {
    most: maxReports,
    countAt: 2 + 8 + 8 + 32 + 4,
    message: (numbers) => change(numbers.map((slot) => ({ slot }))),
  },
  decisions: {
    most: maxItems,
    countAt: 2,
    message: (numbers) => ({
      type: 'decided',
      decisions: numbers.map(() => ({ payload, certificate: certificate([]) })),
    }),
  },
  'digests that are asked for': {
    most: maxItems,
    countAt: 2,
    message: (numbers) => ({ type: 'ask-bodies', digests: numbers.map(() => digest) }),
  },
  'pieces of a snapshot': {
    most: maxPieces,
    countAt: 2 + 8 + 32 + 8,
    message: (numbers) => ({
      type: 'manifest',
      proven: { snapshot: { slot: 1, history: digest, total: 0, pieces: numbers.map(() => digest) }, signatures: [] },
    }),
  },
  batches: {
    most: maxItems,
    countAt: 2,
    message: (numbers) => ({ type: 'bodies', payloads: numbers.map(() => payload) }),
  },
};

function encoded({ message, record }: List, numbers: readonly number[]): Buffer {
  if (message !== undefined) return Buffer.from(pbftCodec.encodeMessage(message(numbers)));
  return Buffer.concat(record === undefined ? [] : pbftCodec.encodeRecord(record(numbers)));
}

function decoded({ message }: List, bytes: Uint8Array): PbftMessage | PbftRecord | null {
  return message === undefined ? pbftCodec.decodeRecord(bytes) : pbftCodec.decodeMessage(bytes);
}

/** The list of the numbers from 2 to `most`, into which the item of the number 1 is then put by hand. */
function withFirst(list: List, most: number): Buffer {
  const [from, items] = [list.countAt + 4, numbersTo(most).slice(1)];
  const [none, first, rest] = [encoded(list, []), encoded(list, [1]), encoded(list, items)];
  const item = first.subarray(from, from + first.length - none.length);
  const all = Buffer.concat([rest.subarray(0, from), item, rest.subarray(from)]);
  all.writeUInt32BE(most, list.countAt);
  return all;
}

const numbersTo = (most: number): readonly number[] => Array.from({ length: most }, (_, at) => at + 1);

describe.each(Object.entries(lists))('of %s', (_name, list) => {
  test('as many as the limit allows are written and read', () => {
    const most = encoded(list, numbersTo(list.most));
    expect(withFirst(list, list.most).equals(most)).toBe(true);
    expect(decoded(list, most)).not.toBeNull();
  });

  test('one more is neither written nor read', () => {
    expect(() => encoded(list, numbersTo(list.most + 1))).toThrow(RangeError);
    expect(decoded(list, withFirst(list, list.most + 1))).toBeNull();
  });
});

test('the limits are those of a group of 100 and of 1,024 slots', () => {
  expect([maxSignatures, maxChanges, maxReports, maxItems]).toEqual([100, 100, 1024, 1024]);
});
