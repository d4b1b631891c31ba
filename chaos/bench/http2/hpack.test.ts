import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeHeaders, HeaderEncoder } from './hpack.ts';
import { decodeHuffman } from './huffman.ts';

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');

describe('Huffman', () => {
  // RFC 7541, appendix C.4 and C.6.
  it.each([
    ['f1e3 c2e5 f23a 6ba0 ab90 f4ff', 'www.example.com'],
    ['a8eb 1064 9cbf', 'no-cache'],
    ['25a8 49e9 5ba9 7d7f', 'custom-key'],
    ['25a8 49e9 5bb8 e8b4 bf', 'custom-value'],
    ['6402', '302'],
    ['d07a be94 1054 d444 a820 0595 040b 8166 e082 a62d 1bff', 'Mon, 21 Oct 2013 20:13:21 GMT'],
    ['9d29 ad17 1863 c78f 0b97 c8e9 ae82 ae43 d3', 'https://www.example.com'],
    [
      '94e7 821d d7f2 e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07',
      'foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1',
    ],
  ])('%s', (bytes, text) => {
    expect(decodeHuffman(hex(bytes))?.toString()).toBe(text);
  });

  it('refuses wrong padding and EOS', () => {
    expect(decodeHuffman(hex('00'))).toBeNull();
    expect(decodeHuffman(hex('6402 ff'))).toBeNull();
    expect(decodeHuffman(hex('ffff ffff'))).toBeNull();
  });
});

describe('decodeHeaders', () => {
  it('reads what needs no table', () => {
    // C.2.2 to C.2.4, one after the other, after an update of the table's size to 0.
    const block = hex('20 040c 2f73 616d 706c 652f 7061 7468 1008 7061 7373 776f 7264 0673 6563 7265 74 82');
    expect(decodeHeaders(block)).toEqual([
      [':path', '/sample/path'],
      ['password', 'secret'],
      [':method', 'GET'],
    ]);
  });

  it('reads a literal for a table that holds nothing, with the name in Huffman code', () => {
    expect(decodeHeaders(hex('40 8825 a849 e95b a97d 7f89 25a8 49e9 5bb8 e8b4 bf'))).toEqual([
      ['custom-key', 'custom-value'],
    ]);
  });

  it.each([
    ['an index of the dynamic table', 'be'],
    ['the index 0', '80'],
    ['a table that was not allowed', '3fe11f'],
    ['a text past the end', '0005 6162'],
    ['an endless number', 'ffff ffff ffff ffff ff'],
  ])('refuses %s', (_, block) => {
    expect(() => decodeHeaders(hex(block))).toThrow(/header block/);
  });

  it('throws nothing else on garbage', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (garbage) => {
        try {
          decodeHeaders(garbage);
        } catch (error) {
          expect(error).toMatchObject({ code: 'COMPRESSION_ERROR' });
        }
      }),
    );
  });
});

describe('HeaderEncoder', () => {
  const common = [
    [':method', 'POST'],
    [':scheme', 'http'],
    [':authority', '127.0.0.1:2379'],
    ['te', 'trailers'],
  ] as const;

  it('says a header with one byte once it was sent', () => {
    const encoder = new HeaderEncoder(common);
    const first = encoder.encode('/a');
    expect(first.length).toBeGreaterThan(30);
    // The entries are, from the newest on: te, :authority, :path.
    expect(encoder.encode('/a')).toEqual(Buffer.from([0x80 | 64, 0x83, 0x86, 0x80 | 63, 0x80 | 62]));
    expect(encoder.encode('/a')).toBe(encoder.encode('/a'));
  });

  it('moves its indices on when a path is new', () => {
    const encoder = new HeaderEncoder(common);
    encoder.encode('/a');
    encoder.encode('/a');
    const second = encoder.encode('/b');
    expect(second.subarray(0, 4)).toEqual(Buffer.from([0x44, 2, 0x2f, 0x62]));
    expect(second.subarray(4)).toEqual(Buffer.from([0x83, 0x86, 0x80 | 64, 0x80 | 63]));
    expect(encoder.encode('/a')[0]).toBe(0x80 | 65);
    expect(encoder.encode('/b')[0]).toBe(0x80 | 62);
  });

  it('writes everything out where the peer keeps no table', () => {
    const encoder = new HeaderEncoder(common);
    encoder.encode('/a');
    encoder.limitTable(0);
    const first = encoder.encode('/a');
    expect(first.subarray(0, 2)).toEqual(Buffer.from([0x20, 0x20]));
    const expected = [[':path', '/a'], ...common];
    expect(decodeHeaders(first)).toEqual(expected);
    expect(decodeHeaders(encoder.encode('/a'))).toEqual(expected);
    expect(encoder.encode('/a')[0]).toBe(0x04);
  });

  it('never fills the table', () => {
    const encoder = new HeaderEncoder(common);
    const long = `/${'x'.repeat(4000)}`;
    encoder.encode('/a');
    const before = encoder.encode('/a');
    encoder.encode(long);
    expect(encoder.encode(long).length).toBeGreaterThan(4000);
    expect(encoder.encode('/a')).toEqual(before);
  });
});
