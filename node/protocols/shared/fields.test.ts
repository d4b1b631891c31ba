import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeWith, headBytes, numberBytes, Reader, Writer } from './fields.ts';

const version = 3;
const type = 7;
const largest = Number.MAX_SAFE_INTEGER;

/** A reader of the fields that `hex` spells, behind a head that is right. */
const readerOf = (hex: string): Reader => new Reader(Buffer.from(`0307${hex}`, 'hex'), version);

const writerOf = (fieldBytes: number): Writer => new Writer(version, type, fieldBytes);

/** One of each field, which `readSample` reads. */
const anySample = fc.record({
  number: fc.oneof(fc.maxSafeNat(), fc.constantFrom(0, 2 ** 32 - 1, 2 ** 32, largest)),
  tag: fc.nat(255),
  tagged: fc.oneof(fc.maxSafeNat(), fc.constantFrom(0, 2 ** 32 - 1, 2 ** 32, largest)),
  byte: fc.nat(255),
  flag: fc.boolean(),
  u32: fc.oneof(fc.nat(2 ** 32 - 1), fc.constantFrom(0, 2 ** 31, 2 ** 32 - 1)),
  list: fc.array(fc.nat(255), { maxLength: 5 }),
  sized: fc.uint8Array({ maxLength: 20 }).map((bytes) => [...bytes]),
});
type Sample = typeof anySample extends fc.Arbitrary<infer T> ? T : never;

function encodeSample(sample: Sample): Buffer {
  const writer = writerOf(2 * numberBytes + 2 + 4 + (4 + sample.list.length) + (4 + sample.sized.length))
    .number(sample.number)
    .tagged(sample.tag, sample.tagged)
    .byte(sample.byte)
    .flag(sample.flag)
    .u32(sample.u32)
    .u32(sample.list.length);
  for (const item of sample.list) writer.byte(item);
  return writer.sized(Uint8Array.from(sample.sized)).buffer;
}

function readSample(reader: Reader): Sample {
  const number = reader.number();
  const tagged = reader.tagged();
  const { tag } = reader;
  const [byte, flag, u32] = [reader.byte(), reader.flag(), reader.u32()];
  const list = Array.from({ length: reader.count(5, 1) }, () => reader.byte());
  return { number, tag, tagged, byte, flag, u32, list, sized: [...reader.sized()] };
}

describe('what was written', () => {
  test('is read again, and nothing else is read from fewer bytes or from more', () => {
    fc.assert(
      fc.property(anySample, (sample) => {
        const encoded = encodeSample(sample);
        expect(decodeWith(readSample, encoded, version)).toEqual(sample);
        for (let end = 0; end < encoded.length; end += 1) {
          expect(decodeWith(readSample, encoded.subarray(0, end), version)).toBeNull();
        }
        expect(decodeWith(readSample, Buffer.concat([encoded, Buffer.alloc(1)]), version)).toBeNull();
      }),
    );
  });

  test('is the bytes that the file says', () => {
    const { buffer } = writerOf(2 * numberBytes + 2 + 4 + 6)
      .number(2 ** 32 + 5)
      .tagged(255, largest)
      .byte(254)
      .flag(true)
      .u32(2 ** 32 - 2)
      .sized(Buffer.from('n2'));
    expect(buffer.toString('hex')).toBe('03070000000100000005ff1ffffffffffffffe01fffffffe000000026e32');
  });

  test.each([-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])('is never the number %d', (value) => {
    expect(() => writerOf(numberBytes).number(value)).toThrow(RangeError);
    expect(() => writerOf(numberBytes).tagged(1, value)).toThrow(RangeError);
  });

  test.each([-1, 1.5, Number.NaN, 256])('is never the byte or the tag %d', (value) => {
    expect(() => writerOf(1).byte(value)).toThrow(RangeError);
    expect(() => writerOf(numberBytes).tagged(value, 1)).toThrow(RangeError);
  });

  test.each([-1, 1.5, Number.NaN, 2 ** 32])('is never the u32 %d', (value) => {
    expect(() => writerOf(4).u32(value)).toThrow(RangeError);
  });

  test.each<[string, number, (writer: Writer) => Writer]>([
    ['a number', numberBytes, (writer) => writer.number(1)],
    ['a tagged number', numberBytes, (writer) => writer.tagged(1, 1)],
    ['a byte', 1, (writer) => writer.byte(1)],
    ['a flag', 1, (writer) => writer.flag(true)],
    ['a u32', 4, (writer) => writer.u32(1)],
    ['bytes', 3, (writer) => writer.bytes(new Uint8Array(3))],
    ['sized bytes', 7, (writer) => writer.sized(new Uint8Array(3))],
  ])('fits the buffer: %s', (_what, bytes, write) => {
    expect(write(writerOf(bytes)).buffer).toHaveLength(headBytes + bytes);
    expect(() => write(writerOf(bytes - 1))).toThrow(RangeError);
  });
});

describe('pieces', () => {
  const [first, second] = [Buffer.from('first'), Buffer.from('second')];

  test('are one where none was of its own', () => {
    const writer = writerOf(2).byte(1).byte(2);
    expect(writer.pieces()).toEqual([Buffer.from([version, type, 1, 2])]);
  });

  test('of their own stand between what was written before and after, and are not copied', () => {
    const writer = writerOf(3).byte(1).piece(first).byte(2).byte(3).piece(second);
    const pieces = writer.pieces();
    expect(pieces).toEqual([Buffer.from([version, type, 1]), first, Buffer.from([2, 3]), second]);
    expect(pieces[1]).toBe(first);
    expect(pieces[3]).toBe(second);
    expect(writer.buffer).toEqual(Buffer.from([version, type, 1, 2, 3]));
  });

  test('are never empty between two of their own', () => {
    const writer = writerOf(1).piece(first).piece(second).byte(9);
    expect(writer.pieces()).toEqual([Buffer.from([version, type]), first, second, Buffer.from([9])]);
  });

  test('are the same when they are asked for again', () => {
    const writer = writerOf(1).piece(first).byte(9);
    const pieces = [...writer.pieces()];
    expect(writer.pieces()).toEqual(pieces);
  });
});

describe('the head', () => {
  test('says the type', () => {
    expect(readerOf('').type).toBe(type);
    expect(readerOf('').whole).toBe(true);
  });

  test.each([
    ['nothing', ''],
    ['a version alone', '03'],
    ['another version', '0207'],
  ])('of %s has no type, and nothing stands behind it', (_what, hex) => {
    const reader = new Reader(Buffer.from(hex, 'hex'), version);
    expect(reader.type).toBe(-1);
    expect(reader.text()).toBe('');
    expect(reader.whole).toBe(false);
  });

  test('of another version hides all fields', () => {
    const reader = new Reader(Buffer.from('020701', 'hex'), version);
    expect(reader.byte()).toBe(0);
    expect(reader.whole).toBe(false);
  });
});

describe('what is refused', () => {
  test.each<[string, string, (reader: Reader) => unknown, unknown]>([
    ['a number of 2^53', '0020000000000000', (reader) => reader.number(), 0],
    ['a number below the least', '0000000000000004', (reader) => reader.number(5), 5],
    ['a tagged number of 2^53', '0120000000000000', (reader) => reader.tagged(), 0],
    ['a flag of 2', '02', (reader) => reader.flag(), false],
    ['text that is no UTF-8', '6eff', (reader) => reader.text(), ''],
    ['sized bytes of 4 GiB', 'ffffffff00', (reader) => reader.sized(), Buffer.alloc(0)],
    ['a count of 4 billion', 'ffffffff00', (reader) => reader.count(2 ** 32, 1), 0],
    ['a count above the limit', '00000003000000', (reader) => reader.count(2, 1), 0],
    ['a count of more than there is room for', '000000020000000000', (reader) => reader.count(2, 3), 0],
  ])('%s', (_what, hex, read, nothing) => {
    const reader = readerOf(hex);
    expect(read(reader)).toEqual(nothing);
    // Were the reader still sound, this would leave nothing over.
    reader.text();
    expect(reader.whole).toBe(false);
  });

  test.each<[string, string, (reader: Reader) => unknown, unknown]>([
    ['the largest number', '001fffffffffffff', (reader) => reader.number(), largest],
    ['the least number', '0000000000000005', (reader) => reader.number(5), 5],
    ['the largest tagged number', 'ff1fffffffffffff', (reader) => reader.tagged(), largest],
    ['no text', '', (reader) => reader.text(), ''],
    ['text with a byte order mark', 'efbbbf6e', (reader) => reader.text(), '\ufeffn'],
    ['no sized bytes', '00000000', (reader) => reader.sized(), Buffer.alloc(0)],
    ['a count of none', '00000000', (reader) => reader.count(0, 100), 0],
  ])('but not %s', (_what, hex, read, value) => {
    const reader = readerOf(hex);
    expect(read(reader)).toEqual(value);
    expect(reader.whole).toBe(true);
  });

  test('but not a count that just fits', () => {
    const reader = readerOf('000000020102030405ff');
    expect(reader.count(2, 3)).toBe(2);
    expect(reader.number()).toBe(0);
    expect(reader.whole).toBe(false);
    const exact = readerOf('000000020102');
    expect(exact.count(2, 1)).toBe(2);
    expect([exact.byte(), exact.byte()]).toEqual([1, 2]);
    expect(exact.whole).toBe(true);
  });

  test('whatever follows a field that failed', () => {
    const reader = readerOf('02' + '0000000000000001' + '05' + '00000001' + '41');
    expect(reader.flag()).toBe(false);
    expect([reader.number(), reader.number(7), reader.byte(), reader.u32(), reader.count(9, 0)]).toEqual([
      0, 7, 0, 0, 0,
    ]);
    expect([reader.tagged(), reader.tag, reader.flag(), reader.text()]).toEqual([0, -1, false, '']);
    expect(reader.sized()).toHaveLength(0);
    expect(reader.whole).toBe(false);
  });

  test('what a protocol says is not sound', () => {
    const reader = readerOf('05');
    expect(reader.byte()).toBe(5);
    expect(reader.whole).toBe(true);
    reader.fail();
    expect(reader.whole).toBe(false);
  });

  test('a tag does not outlast its number', () => {
    const reader = readerOf('0900000000000001');
    expect([reader.tag, reader.tagged(), reader.tag]).toEqual([-1, 1, 9]);
    expect([reader.tagged(), reader.tag]).toEqual([0, -1]);
  });

  test('what a protocol makes nothing of, whole as it is', () => {
    expect(decodeWith(() => null, Buffer.from([version, type]), version)).toBeNull();
  });
});

test('sized bytes are views, from a plain Uint8Array inside a larger buffer too', () => {
  const larger = new Uint8Array(20);
  larger.set([version, type, 0, 0, 0, 2, 8, 9], 6);
  const reader = new Reader(larger.subarray(6, 14), version);
  const sized = reader.sized();
  expect([...sized]).toEqual([8, 9]);
  expect(sized.buffer).toBe(larger.buffer);
  expect(sized.byteOffset).toBe(12);
  expect(reader.whole).toBe(true);
});
