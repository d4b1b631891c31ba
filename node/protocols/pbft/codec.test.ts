import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { signatureBytes } from '../../contract/crypto.ts';
import { bare, expectInRange, expectMutationsSound, expectWholeOnly } from '../shared/codec-fixture.ts';
import { pbftCodec } from './codec.ts';
import { anyMessage, anyRecord, messages, records } from './codec-fixture.ts';
import type { Certificate, PbftMessage, PbftRecord, Signature, ViewChange } from './messages.ts';

const { encodeMessage, decodeMessage, decodeRecord } = pbftCodec;
/** A record as it stands in a log. */
const encodedRecord = (record: PbftRecord): Buffer => Buffer.concat(pbftCodec.encodeRecord(record));

const digestOf = (byte: number): string => byte.toString(16).padStart(2, '0').repeat(32);
const signedBy = (name: string): Signature => ({ signer: name, bytes: new Uint8Array(signatureBytes).fill(7) });
const certified = (count: number): Certificate => ({
  kind: 'slow',
  view: 1,
  slot: 5,
  digest: digestOf(0xab),
  signatures: Array.from({ length: count }, () => signedBy('n1')),
});

describe('a round trip', () => {
  test.each(Object.entries(messages))('of a %s message changes nothing, and can be made again', (_type, arbitrary) => {
    fc.assert(
      fc.property(arbitrary as fc.Arbitrary<PbftMessage>, (msg) => {
        const encoded = Buffer.from(encodeMessage(msg));
        expect(bare(decodeMessage(encoded))).toEqual(bare(msg));
        // To each of several peers it goes as the same bytes.
        expect(encoded.equals(encodeMessage(msg))).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  test.each(Object.entries(records))('of a record of the kind %s changes nothing', (_kind, arbitrary) => {
    fc.assert(
      fc.property(arbitrary as fc.Arbitrary<PbftRecord>, (record) => {
        expect(bare(decodeRecord(encodedRecord(record)))).toEqual(bare(record));
      }),
      { numRuns: 300 },
    );
  });

  test('gives payloads as views, from a plain Uint8Array inside a larger buffer too, and signatures as copies', () => {
    const decision = { payload: new TextEncoder().encode('a batch'), certificate: certified(3) };
    const msg: PbftMessage = { type: 'decided', decisions: [decision] };
    const encoded = encodeMessage(msg);
    const larger = new Uint8Array(encoded.length + 20);
    larger.set(encoded, 10);
    const part = larger.subarray(10, 10 + encoded.length);
    const decoded = decodeMessage(part);
    expect(bare(decoded)).toEqual(bare(msg));
    if (decoded?.type !== 'decided') throw new Error('another message');
    const [{ payload, certificate } = decision] = decoded.decisions;
    expectInRange(payload, part);
    expect(certificate.signatures.map(({ bytes }) => bytes.buffer.byteLength)).toEqual(Array(3).fill(signatureBytes));
  });

  test.each<[string, (payload: Uint8Array) => PbftRecord]>([
    ['share', (batch) => ({ kind: 'share', view: 0, slot: 1, digest: digestOf(1), payload: batch })],
    ['decided', (batch) => ({ kind: 'decided', certificate: certified(3), payload: batch })],
  ])('of a record of the kind %s copies a payload of less than 4096 bytes, and no other', (_kind, recordOf) => {
    const [small, large] = [new Uint8Array(4095).fill(1), new Uint8Array(4096).fill(2)];
    expect(pbftCodec.encodeRecord(recordOf(small))).toHaveLength(1);
    const pieces = pbftCodec.encodeRecord(recordOf(large));
    expect(pieces.filter((piece) => piece === large)).toHaveLength(1);
    expect(bare(decodeRecord(Buffer.concat(pieces)))).toEqual(bare(recordOf(large)));
  });

  test('keeps signers that come twice or out of order, for those who verify to refuse', () => {
    const twice = ['n3', 'n1', 'n1', ''].map(signedBy);
    const record: PbftRecord = { kind: 'prepared', certificate: { ...certified(0), signatures: twice } };
    expect(bare(decodeRecord(encodedRecord(record)))).toEqual(bare(record));
  });
});

const number8 = (value: number): string => value.toString(16).padStart(16, '0');
const digestHex = digestOf(0xab);
const signatureHex = `00000002${'6e31'}00000040${'07'.repeat(64)}`;
const choiceHex = `${number8(2 ** 32 + 2)}${number8(5)}${digestHex}`;
const certificateHex = `${choiceHex}01${'00000001'}${signatureHex}`;
const stableHex = `${number8(4)}${digestHex}00000000`;
const reportHex = (at: number, flags = '000000'): string => `${number8(at)}${flags}`;
const changeHex = (...reports: readonly string[]): string =>
  `${number8(3)}${stableHex}${reports.length.toString(16).padStart(8, '0')}${reports.join('')}${signatureHex}`;

describe('the bytes are what the files say', () => {
  const chosen = { view: 2 ** 32 + 2, slot: 5, digest: digestHex };
  const slow: Certificate = { ...chosen, kind: 'slow', signatures: [signedBy('n1')] };
  const change: ViewChange = {
    type: 'view-change',
    view: 3,
    stable: { slot: 4, digest: digestHex, signatures: [] },
    slots: [{ slot: 5, decided: slow }, { slot: 6 }, { slot: 9, share: { view: 2, digest: digestHex } }],
    signature: signedBy('n1'),
  };
  const reportsHex = [
    reportHex(5, `01${certificateHex}0000`),
    reportHex(6),
    reportHex(9, `000001${number8(2)}${digestHex}`),
  ];

  test.each<[string, string, PbftMessage]>([
    [
      'a PRE-PREPARE',
      `0100${choiceHex}00000001${'78'}${signatureHex}`,
      { type: 'propose', ...chosen, payload: Buffer.from('x'), signature: signedBy('n1') },
    ],
    [
      'a COMMIT',
      `0101${choiceHex}01${signatureHex}`,
      { type: 'vote', ...chosen, phase: 'commit', signature: signedBy('n1') },
    ],
    ['a VIEW-CHANGE', `0103${changeHex(...reportsHex)}`, change],
    [
      'a NEW-VIEW',
      `0104${number8(3)}00000001${changeHex(...reportsHex)}${signatureHex}`,
      { type: 'new-view', view: 3, changes: [change], signature: signedBy('n1') },
    ],
    [
      'a status',
      `0105${number8(3)}01${number8(9)}${number8(8)}`,
      { type: 'status', view: 3, changing: true, applied: 9, stable: 8 },
    ],
    ['a certificate', `0110${certificateHex}`, { type: 'certified', certificate: slow }],
    ['a stable checkpoint', `010b${stableHex}`, { type: 'stable', checkpoint: change.stable }],
    ['a question for batches', `0108${'00000001'}${digestHex}`, { type: 'ask-bodies', digests: [digestHex] }],
  ])('of %s', (_what, hex, msg) => {
    expect(Buffer.from(encodeMessage(msg)).toString('hex')).toBe(hex);
    expect(bare(decodeMessage(Buffer.from(hex, 'hex')))).toEqual(bare(msg));
  });

  test.each<[string, string, PbftRecord]>([
    ['a share', `0100${choiceHex}00`, { kind: 'share', ...chosen }],
    [
      'a decided slot',
      `0102${certificateHex}0100000000`,
      { kind: 'decided', certificate: slow, payload: new Uint8Array(0) },
    ],
    [
      'a view that began',
      `0104${number8(3)}00000000${signatureHex}`,
      { kind: 'enter', newView: { type: 'new-view', view: 3, changes: [], signature: signedBy('n1') } },
    ],
    ['a stable checkpoint', `0105${stableHex}`, { kind: 'stable', checkpoint: change.stable }],
  ])('of the record of %s', (_what, hex, record) => {
    expect(encodedRecord(record).toString('hex')).toBe(hex);
    expect(bare(decodeRecord(Buffer.from(hex, 'hex')))).toEqual(bare(record));
  });
});

describe('what is refused', () => {
  test('every message and record that ends at any earlier byte, or has one more', () => {
    fc.assert(fc.property(anyMessage, (msg) => expectWholeOnly(encodeMessage(msg), decodeMessage)));
    fc.assert(fc.property(anyRecord, (record) => expectWholeOnly(encodedRecord(record), decodeRecord)));
  });

  test('100,000 mutations are refused, or are values in range with one spelling', () => {
    expectMutationsSound(pbftCodec, anyMessage, anyRecord);
  });

  test.each([
    ['nothing', ''],
    ['another version', `0206${number8(1)}`],
    ['an unknown type', `010b${number8(1)}`],
    ['what is asked for from slot 0 on', `0106${number8(0)}`],
    ['a slot of 2^53', `0106${number8(2 ** 53)}`],
    ['a vote in slot 0', `0101${number8(1)}${number8(0)}${digestHex}00${signatureHex}`],
    ['a vote in a third phase', `0101${choiceHex}02${signatureHex}`],
    ['a checkpoint of nothing', `0102${number8(0)}${digestHex}${signatureHex}`],
    ['a signature that is too short', `0101${choiceHex}00${'000000026e31'}${'0000003f'}${'07'.repeat(63)}`],
    ['a signature that is too long', `0101${choiceHex}00${'000000026e31'}${'00000041'}${'07'.repeat(65)}`],
    ['a name of 65 bytes', `0101${choiceHex}00${'00000041'}${'6e'.repeat(65)}${'00000040'}${'07'.repeat(64)}`],
    ['a name that is no UTF-8', `0101${choiceHex}00${'00000001ff'}${'00000040'}${'07'.repeat(64)}`],
    ['a name of 4 GiB', `0101${choiceHex}00${'ffffffff'}`],
    ['a status whose flag is 2', `0105${number8(3)}02${number8(9)}${number8(8)}`],
    ['a fourth kind of certificate', `0107${'00000001'}${'00000000'}${choiceHex}03${'00000000'}`],
    ['a certificate alone, of a fourth kind', `0110${choiceHex}03${'00000000'}`],
    ['a certificate alone, of 4 billion signatures', `0110${choiceHex}01${'ffffffff'}`],
    ['a certificate alone, in slot 0', `0110${number8(1)}${number8(0)}${digestHex}01${'00000000'}`],
    ['a count of 4 billion signatures', `0107${'00000001'}${'00000000'}${choiceHex}01${'ffffffff'}`],
    ['a count of 4 billion decisions', '0107ffffffff'],
    ['a count of 4 billion digests', '0108ffffffff'],
    ['a count of 4 billion batches', '0109ffffffff'],
    ['a payload of 4 GiB', '010affffffff'],
    ['a report at the stable slot', `0103${changeHex(reportHex(4))}`],
    ['a report below the stable slot', `0103${changeHex(reportHex(3))}`],
    ['two reports of one slot', `0103${changeHex(reportHex(5), reportHex(5))}`],
    ['reports that are out of order', `0103${changeHex(reportHex(6), reportHex(5))}`],
    ['a report whose flag is 2', `0103${changeHex(reportHex(5, '000002'))}`],
    [
      'a NEW-VIEW with a report at the stable slot',
      `0104${number8(3)}00000001${changeHex(reportHex(4))}${signatureHex}`,
    ],
  ])('%s', (_what, hex) => {
    expect(decodeMessage(Buffer.from(hex, 'hex'))).toBeNull();
  });

  test.each<[string, PbftMessage]>([
    ['a digest in capitals', { type: 'ask-bodies', digests: [digestHex.toUpperCase()] }],
    ['a digest that is too short', { type: 'ask-bodies', digests: [digestHex.slice(2)] }],
    ['a slot of -1', { type: 'fetch', from: -1 }],
    ['a slot of 2^53', { type: 'fetch', from: 2 ** 53 }],
    ['a name of 65 bytes', { type: 'checkpoint', slot: 1, digest: digestHex, signature: signedBy('n'.repeat(65)) }],
    [
      'a signature that is too short',
      { type: 'checkpoint', slot: 1, digest: digestHex, signature: { signer: 'n1', bytes: new Uint8Array(63) } },
    ],
  ])('to write %s', (_what, msg) => {
    expect(() => encodeMessage(msg)).toThrow(RangeError);
  });
});
