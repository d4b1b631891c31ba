import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  decodeHeader,
  encodeHeader,
  Framer,
  frameAt,
  frameHeaderBytes,
  framesFrom,
  headerBytes,
  type RecordPieces,
} from './format.ts';

const tag = 0xdeadbeef;
const header = { tag, firstPosition: 2 ** 40 + 5, fileBytes: 2 ** 33, logBegins: 2 ** 35 + 7 };

/** A record of one piece. */
const whole = (payload: Uint8Array): RecordPieces => ({ pieces: [payload], length: payload.length });
const framed = (payloads: readonly Uint8Array[], first: number, framer = new Framer()): Buffer =>
  Buffer.concat(framer.frame(payloads.map(whole), first, tag));

describe('the header of a segment', () => {
  test('comes back as it was', () => {
    expect(decodeHeader(encodeHeader(header))).toEqual(header);
  });

  test('is refused with any bit of it flipped', () => {
    const whole = encodeHeader(header);
    for (let bit = 0; bit < 44 * 8; bit += 1) {
      const bytes = Buffer.from(whole);
      bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(decodeHeader(bytes)).toMatch(bit < 64 ? 'does not begin as a segment does' : 'damaged header');
    }
  });

  test('is refused where it is short', () => {
    expect(decodeHeader(encodeHeader(header).subarray(0, headerBytes - 1))).toMatch('is shorter than its header');
  });
});

describe('frames', () => {
  test('are the same bytes however a record is parted', () => {
    const bytes = Buffer.alloc(60_000, 'some bytes');
    const cuts = [[], [0], [100], [100, 20_000], [20_000, 40_000, 40_001], [16_384, 32_768], [59_999], [60_000]];
    const lone = framed([bytes, Buffer.from('next')], 7);
    for (const places of cuts) {
      const ends = [...places, bytes.length];
      const pieces = ends.map((end, place) => bytes.subarray(ends[place - 1] ?? 0, end));
      const records = [{ pieces, length: bytes.length }, whole(Buffer.from('next'))];
      expect(Buffer.concat(new Framer().frame(records, 7, tag)).equals(lone)).toBe(true);
    }
  });

  test('come back in order, as views, whether they were copied together or not', () => {
    const framer = new Framer();
    const payloads = fc.array(fc.oneof(fc.uint8Array({ maxLength: 50 }), fc.constant(new Uint8Array(20_000).fill(7))));
    fc.assert(
      fc.property(payloads, fc.integer({ min: 1, max: 2 ** 45 }), (records, first) => {
        const bytes = framed(records, first, framer);
        let at = 0;
        for (const [place, record] of records.entries()) {
          const frame = frameAt(bytes, at, tag);
          expect(frame).toMatchObject({ position: first + place, batchFirst: first });
          expect(frame?.payload.equals(record)).toBe(true);
          expect(frame?.payload.buffer).toBe(bytes.buffer);
          at = frame?.end ?? Number.NaN;
        }
        expect(at).toBe(bytes.length);
        expect([...framesFrom(bytes, 0, tag)]).toHaveLength(records.length);
      }),
    );
  });

  test('a batch larger than what is kept for copying is whole too', () => {
    const records = Array.from({ length: 5000 }, (_, index) => Buffer.alloc(100, index));
    const found = [...framesFrom(framed(records, 1), 0, tag)];
    expect(found.map(({ payload }) => payload[0])).toEqual(records.map((record) => record[0]));
  });

  test('are none with any bit flipped, cut at any byte, or under the tag of another segment', () => {
    const whole = framed([Buffer.from('some bytes')], 9);
    for (let bit = 0; bit < whole.length * 8; bit += 1) {
      const bytes = Buffer.from(whole);
      bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(frameAt(bytes, 0, tag)).toBeNull();
    }
    for (let end = 0; end < whole.length; end += 1) expect(frameAt(whole.subarray(0, end), 0, tag)).toBeNull();
    expect(frameAt(whole, 0, tag + 1)).toBeNull();
    expect(frameAt(whole, whole.length - 1, tag)).toBeNull();
  });

  test('a frame that claims a length of 4 GiB is none', () => {
    const bytes = framed([Buffer.from('x')], 1);
    bytes.writeUInt32LE(0xffffffff, 8);
    expect(frameAt(bytes, 0, tag)).toBeNull();
  });

  test('a frame of this segment is found wherever it stands, and one that a value makes up is not', () => {
    const forged = Buffer.concat(new Framer().frame([whole(Buffer.from('forged'))], 3, 12345));
    const bytes = Buffer.concat([Buffer.from('junk'), framed([forged], 7), Buffer.alloc(3), framed([], 8)]);
    expect([...framesFrom(bytes, 0, tag)].map(({ position }) => position)).toEqual([7]);
    expect(framed([Buffer.alloc(0)], 1)).toHaveLength(frameHeaderBytes);
  });
});
