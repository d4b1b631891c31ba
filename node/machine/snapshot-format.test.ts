import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { maxSessions } from './session-table.ts';
import { encodeSnapshot, SnapshotDecoder } from './snapshot-format.ts';

type Session = readonly [number: number, usedAt: number, sequence: number, result: Uint8Array, client: string];
interface Plain {
  readonly lastSession: number;
  readonly applied: number;
  readonly signed: boolean;
  readonly sessions: readonly Session[];
  readonly records: readonly (readonly [key: string, value: string])[];
}

function piecesOf({ lastSession, applied, signed, sessions, records }: Plain): Uint8Array[] {
  const known = sessions.map(
    ([number, usedAt, sequence, result, client]) => [number, { client, usedAt, sequence, result }] as const,
  );
  return [
    ...encodeSnapshot({
      lastSession,
      applied,
      signed,
      sessions: { size: known.length, records: known },
      store: { size: records.length, records },
    }),
  ];
}

const bytesOf = (plain: Plain): Buffer => Buffer.concat(piecesOf(plain));

/** Takes `bytes` in pieces that end at the cuts, each of which is overwritten afterwards. */
function decoded(bytes: Uint8Array, cuts: readonly number[] = []): Plain {
  const decoder = new SnapshotDecoder();
  const ends = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  let from = 0;
  for (const end of [...ends, bytes.length]) {
    const piece = Buffer.from(bytes.subarray(from, end));
    decoder.take(piece);
    piece.fill(0xee);
    from = end;
  }
  const { applied, sessions, store } = decoder.finish();
  return {
    lastSession: sessions.last,
    applied,
    signed: bytes[3] === 2,
    sessions: [...sessions].map(([number, { client, usedAt, sequence, result }]) => [
      number,
      usedAt,
      sequence,
      new Uint8Array(result),
      client,
    ]),
    records: [...store.keys()].map((key) => [key, store.get(key) as string]),
  };
}

const small: Plain = {
  lastSession: 3,
  applied: 9,
  signed: false,
  sessions: [
    [1, 8, 4, new Uint8Array([7]), ''],
    [3, 2, 0, new Uint8Array(0), ''],
  ],
  records: [
    ['k', 'é'],
    ['', ''],
  ],
};

const text = fc.string({ unit: 'grapheme' });
const states: fc.Arbitrary<Plain> = fc
  .record({
    lastSession: fc.integer({ min: 50, max: Number.MAX_SAFE_INTEGER }),
    applied: fc.maxSafeNat(),
    numbers: fc.uniqueArray(fc.integer({ min: 1, max: 50 }), { maxLength: 8 }),
    session: fc.tuple(fc.nat(0xffffffff), fc.uint8Array({ maxLength: 40 })),
    signed: fc.boolean(),
    client: fc.string({ unit: fc.constantFrom('a', '1', '-'), maxLength: 64 }),
    records: fc.uniqueArray(fc.tuple(text, text), { selector: ([key]) => key, maxLength: 8 }),
  })
  .map(({ lastSession, applied, numbers, session: [sequence, result], signed, client, records }) => ({
    lastSession,
    applied,
    signed,
    sessions: numbers
      .sort((a, b) => a - b)
      .map((number) => [number, Math.max(0, applied - number), sequence, result, signed ? client : '']),
    records,
  }));

describe('a snapshot as bytes', () => {
  test('is laid out as the comment says', () => {
    expect(bytesOf(small).toString('hex')).toBe(
      [
        ['00000001', '4008000000000000', '4022000000000000', '00000002'],
        ['3ff0000000000000', '4020000000000000', '00000004', '00000001', '07'],
        ['4008000000000000', '4000000000000000', '00000000', '00000000'],
        ['00000002', '00000001', '6b', '00000002', 'c3a9', '00000000', '00000000', '454e4421'],
      ]
        .flat()
        .join(''),
    );
  });

  test('says whose each session is, where clients sign', () => {
    const signed: Plain = { ...small, signed: true, sessions: [[1, 8, 4, new Uint8Array([7]), 'c1']] };
    const hex = bytesOf(signed).toString('hex');
    expect(hex.slice(0, 8)).toBe('00000002');
    expect(hex.slice(48, 110)).toBe('3ff0000000000000402000000000000000000004000000010700000002' + '6331');
    expect(decoded(bytesOf(signed))).toEqual(signed);
  });

  test('comes back as it was, wherever it is cut', () => {
    fc.assert(
      fc.property(states, fc.array(fc.nat()), (state, cuts) => {
        expect(decoded(bytesOf(state), cuts)).toEqual(state);
      }),
    );
  });

  test('comes back byte by byte', () => {
    const bytes = bytesOf(small);
    expect(decoded(bytes, [...bytes.keys()])).toEqual(small);
  });

  test('comes in pieces of some tens of kilobytes, also where a value or a result is longer', () => {
    const long: Plain = {
      ...small,
      sessions: [[2, 1, 1, new Uint8Array(70_000).fill(5), '']],
      records: [
        ...Array.from({ length: 3000 }, (_, index) => [`key ${index}`, 'é'.repeat(index % 300)] as const),
        ['long', 'é'.repeat(500_000)],
        ['x'.repeat(100_000), 'after it'],
      ],
    };
    const pieces = piecesOf(long);
    for (const piece of pieces) expect(piece.length).toBeLessThanOrEqual(65536);
    const bytes = Buffer.concat(pieces);
    expect(pieces.length).toBeLessThan(4 + bytes.length / 50_000);
    expect(decoded(bytes)).toEqual(long);
    expect(decoded(bytes, [60_000, 70_100, 600_000, 600_001, 1_600_000])).toEqual(long);
  });
});

describe('bytes that are no snapshot', () => {
  test('no part of one is taken for the whole, and each can still become it', () => {
    const bytes = bytesOf(small);
    for (let length = 0; length < bytes.length; length += 1) {
      const decoder = new SnapshotDecoder();
      decoder.take(bytes.subarray(0, length));
      expect(() => decoder.finish()).toThrow('The bytes that came are no whole snapshot.');
      decoder.take(bytes.subarray(length));
      expect(decoder.finish().sessions.last).toBe(3);
    }
  });

  const changed = (at: number, hex: string): Buffer => {
    const bytes = bytesOf(small);
    bytes.set(Buffer.from(hex, 'hex'), at);
    return bytes;
  };
  /** The same for a state whose one session, at 24, belongs to a client. */
  const changedOwner = (at: number, hex: string): Buffer => {
    const bytes = bytesOf({ ...small, signed: true, sessions: [[1, 8, 4, new Uint8Array([7]), 'c1']] });
    bytes.set(Buffer.from(hex, 'hex'), at);
    return bytes;
  };
  // Where what stands, of the small one: header 0, session 24, session 49, keys 73, record 77, record 88, end 96.
  test.each([
    ['another version', changed(0, '00000003'), /version 3, and only 1 and 2 are known/],
    ['a client with too long a name', changedOwner(49, '00000041'), /gives 65 as the length of a name/],
    ['a client with no name of ASCII', changedOwner(53, 'c328'), /names a client by what is no ASCII/],
    ['a broken last session', changed(4, '3fe0000000000000'), /gives 0.5 as the last session/],
    ['a count of applied commands that is none', changed(12, '7ff8000000000000'), /gives NaN as the count of applied/],
    ['more sessions than there may be', changed(20, 'ffffffff'), `which is not between 0 and ${maxSessions}`],
    ['session 0', changed(24, '0000000000000000'), /gives 0 as the number of a session/],
    ['a session twice', changed(49, '3ff0000000000000'), /gives 1 as the number of a session.* between 2 and 3/],
    ['a session that was never given', changed(49, '4010000000000000'), /gives 4 as the number of a session/],
    ['a session used in the future', changed(32, '4024000000000000'), /gives 10 as the last use of a session/],
    ['a result that no machine could hold', changed(44, 'ffffffff'), /gives 4294967295 as the length of a result/],
    ['a key that is absent', changed(77, 'ffffffff'), /gives 4294967295 as the length of a key/],
    ['a value that is absent', changed(82, 'ffffffff'), /gives 4294967295 as the length of a value/],
    ['a key too many', changed(73, '00000001'), /no end mark/],
    ['a key too few', Buffer.concat([changed(73, '00000003'), Buffer.alloc(4)]), /no whole snapshot/],
    ['another end', changed(96, '454e4422'), /no end mark/],
    ['a byte behind the end', Buffer.concat([bytesOf(small), Buffer.alloc(1)]), /goes on behind its end mark/],
    [
      'a key twice',
      bytesOf({
        ...small,
        records: [
          ['k', '1'],
          ['k', '2'],
        ],
      }),
      /holds a key more than once/,
    ],
  ])('%s is refused', (_what, bytes, message) => {
    expect(() => decoded(bytes)).toThrow(message);
    expect(() => decoded(bytes, [...bytes.keys()])).toThrow(message);
  });

  test('what was refused once is refused for good', () => {
    const decoder = new SnapshotDecoder();
    expect(() => decoder.take(changed(0, '00000003'))).toThrow();
    expect(() => decoder.take(bytesOf(small))).toThrow();
    expect(() => decoder.finish()).toThrow();
  });

  test('also behind the end', () => {
    const decoder = new SnapshotDecoder();
    decoder.take(bytesOf(small));
    expect(() => decoder.take(new Uint8Array(1))).toThrow();
    expect(() => decoder.finish()).toThrow();
  });

  // Anything but an error would do here, were it not for what is checked: a flipped byte in a value goes unnoticed.
  test('garbage gives an error or a state, and nothing else', () => {
    const flips = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(states, flips, fc.array(fc.nat()), (state, list, cuts) => {
        const bytes = bytesOf(state);
        for (const [at, byte] of list) bytes[at % bytes.length] = byte;
        let back: Plain;
        try {
          back = decoded(bytes, cuts);
        } catch (error) {
          expect((error as Error).message).toMatch(/^The (snapshot|bytes) .*\.$/);
          return;
        }
        expect(decoded(bytesOf(back))).toEqual(back);
      }),
      { numRuns: 500 },
    );
  });

  test('garbage from the first byte on is refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (rest) => {
        expect(() => decoded(rest)).toThrow();
        // Behind a version that is known.
        expect(() => decoded(Buffer.concat([Buffer.from([0, 0, 0, 1]), rest]))).toThrow(/^The (snapshot|bytes) .*\.$/);
      }),
    );
  });

  test('a length alone takes no memory', () => {
    const decoder = new SnapshotDecoder();
    const before = process.memoryUsage().arrayBuffers;
    decoder.take(changed(77, '3fffffff'));
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 20);
    expect(() => decoder.finish()).toThrow();
  });
});
