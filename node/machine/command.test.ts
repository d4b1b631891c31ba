import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Command,
  decodeBatch,
  decodeCommand,
  decodeRecords,
  decodeResult,
  encodeBatch,
  encodeCommand,
  encodeRecords,
  encodeResult,
  forEachCommand,
  headsIn,
  isRead,
  isWholeBatch,
  maxCommandBytes,
  operations,
  peekCommand,
  statuses,
} from './command.ts';

const text = fc.string({ unit: 'binary' });
const commands: fc.Arbitrary<Command> = fc.record({
  op: fc.constantFrom(...operations),
  session: fc.maxSafeNat(),
  sequence: fc.nat(0xffffffff),
  key: text,
  a: fc.option(text),
  b: fc.option(text),
});
const garbage = fc.uint8Array({ maxLength: 80 });

function commandsIn(payload: Uint8Array): (Command | null)[] {
  const found: (Command | null)[] = [];
  forEachCommand(payload, (_head, command) => void found.push(command));
  return found;
}

const put: Command = { op: 'put', session: 1, sequence: 2, key: 'k', a: 'v', b: null };

describe('a command as bytes', () => {
  test('is laid out as the comment says: numbers big-endian, strings behind their lengths', () => {
    expect(Buffer.from(encodeCommand({ ...put, session: 3, a: 'é' })).toString('hex')).toBe(
      ['02', '4008000000000000', '00000002', '00000001', '6b', '00000002', 'c3a9', 'ffffffff'].join(''),
    );
  });

  test('any command comes back as it was', () => {
    fc.assert(
      fc.property(commands, (command) => {
        const bytes = encodeCommand(command);
        expect(decodeCommand(bytes)).toEqual(command);
        const { op, session, sequence } = command;
        expect(peekCommand(bytes)).toEqual({ op, session, sequence });
      }),
    );
  });

  test('also out of the middle of a larger buffer, whatever kind of view it is', () => {
    const bytes = encodeCommand(put);
    const around = new Uint8Array(bytes.length + 20).fill(7);
    around.set(bytes, 9);
    expect(decodeCommand(around.subarray(9, 9 + bytes.length))).toEqual(put);
  });

  test('an empty string is not an absent one', () => {
    expect(decodeCommand(encodeCommand({ ...put, key: '', a: '', b: null }))).toEqual({
      ...put,
      key: '',
      a: '',
      b: null,
    });
  });

  // What a replica is sent may come from anyone.
  test('garbage is no command, and never an error', () => {
    fc.assert(
      fc.property(garbage, (bytes) => {
        const command = decodeCommand(bytes);
        // What is taken for a command is one: it says the same when it is written again.
        if (command !== null) expect(decodeCommand(encodeCommand(command))).toEqual(command);
        expect(peekCommand(bytes) === null && command !== null).toBe(false);
      }),
    );
  });

  test('nothing that is cut short, too long or changed in its lengths is a command', () => {
    fc.assert(
      fc.property(commands, fc.nat(), (command, at) => {
        const bytes = encodeCommand(command);
        expect(decodeCommand(bytes.subarray(0, at % bytes.length))).toBe(null);
        expect(decodeCommand(Buffer.concat([bytes, Buffer.from([0])]))).toBe(null);
      }),
    );
    const noKey = Buffer.from(encodeCommand({ ...put, key: '' }));
    noKey.writeUInt32BE(0xffffffff, 13);
    expect(decodeCommand(noKey)).toBe(null);
  });

  test.each([
    ['an operation that there is not', (bytes: Buffer) => bytes.writeUInt8(operations.length, 0)],
    ['a session below 0', (bytes: Buffer) => bytes.writeDoubleBE(-1, 1)],
    ['half a session', (bytes: Buffer) => bytes.writeDoubleBE(1.5, 1)],
    ['a session that is no number', (bytes: Buffer) => bytes.writeDoubleBE(Number.NaN, 1)],
    ['a session past 2^53', (bytes: Buffer) => bytes.writeDoubleBE(2 ** 53, 1)],
  ])('%s is refused', (_what, spoil) => {
    const bytes = Buffer.from(encodeCommand(put));
    spoil(bytes);
    expect(peekCommand(bytes)).toBe(null);
    expect(decodeCommand(bytes)).toBe(null);
  });

  test('a mebibyte is the limit', () => {
    const overhead = encodeCommand({ ...put, a: '' }).length;
    const largest = { ...put, a: 'x'.repeat(maxCommandBytes - overhead) };
    expect(decodeCommand(encodeCommand(largest))).toEqual(largest);
    expect(peekCommand(encodeCommand({ ...largest, a: `${largest.a}x` }))).toBe(null);
  });
});

describe('operations', () => {
  // They go by their number, in logs that outlive a version and to replicas of another.
  test('keep their numbers', () => {
    expect(operations).toEqual(['register', 'get', 'put', 'delete', 'cas', 'add', 'append', 'scan']);
  });

  test('are reads or writes', () => {
    expect(operations.filter(isRead)).toEqual(['get', 'scan']);
  });
});

describe('a batch', () => {
  test('gives its commands back, in order', () => {
    fc.assert(
      fc.property(fc.array(commands, { maxLength: 20 }), (list) => {
        const encoded = list.map(encodeCommand);
        expect(commandsIn(encodeBatch(encoded))).toEqual(list);
      }),
    );
  });

  test('garbage is walked to its end without an error, and never past it', () => {
    fc.assert(
      fc.property(garbage, (bytes) => {
        // Each takes its length, its head and three lengths at least.
        expect(29 * commandsIn(bytes).length).toBeLessThanOrEqual(bytes.length);
      }),
    );
  });

  test('gives back what it was made of, whatever that is', () => {
    fc.assert(
      fc.property(fc.array(garbage), (items) => {
        expect(decodeBatch(encodeBatch(items))?.map((item) => Uint8Array.from(item))).toEqual(items);
      }),
    );
    expect(decodeBatch(new Uint8Array([0, 0, 0, 2, 1]))).toBeNull();
    expect(decodeBatch(new Uint8Array([0, 0, 0]))).toBeNull();
  });

  test('is walked by its heads as by its commands, also where it is garbage', () => {
    const heads = (payload: Uint8Array) => {
      const found: unknown[] = [];
      forEachCommand(payload, (head) => void found.push(head));
      return found;
    };
    fc.assert(
      fc.property(
        fc.oneof(
          garbage,
          fc.array(commands).map((list) => encodeBatch(list.map(encodeCommand))),
        ),
        (bytes) => {
          expect([...headsIn(bytes)]).toEqual(heads(bytes));
        },
      ),
    );
  });

  test('is whole where it is one command or more, and nothing else', () => {
    const encoded = encodeCommand(put);
    const whole = encodeBatch([encoded, encoded]);
    expect(isWholeBatch(whole)).toBe(true);
    for (let length = 0; length < whole.length; length += 1) {
      expect(isWholeBatch(whole.subarray(0, length))).toBe(length === 4 + encoded.length);
    }
    for (const item of [new Uint8Array(0), Uint8Array.from(encoded).fill(255, 0, 1), encoded.subarray(0, 24)]) {
      expect(isWholeBatch(encodeBatch([encoded, item]))).toBe(false);
    }
  });

  test('a damaged tail ends the walk; what came before is there', () => {
    const first = encodeCommand(put);
    const payload = encodeBatch([first, first]);
    expect(commandsIn(payload.subarray(0, payload.length - 1))).toEqual([put]);
  });
});

describe('a result', () => {
  test('any result comes back as it was', () => {
    fc.assert(
      fc.property(fc.constantFrom(...statuses), fc.option(text), (status, value) => {
        expect(decodeResult(encodeResult(status, value))).toEqual({ status, value });
      }),
    );
  });

  test('garbage is malformed or a result, and never an error', () => {
    fc.assert(
      fc.property(garbage, (bytes) => {
        expect(statuses).toContain(decodeResult(bytes).status);
      }),
    );
    expect(decodeResult(new Uint8Array(0))).toEqual({ status: 'malformed', value: null });
    expect(decodeResult(new Uint8Array([statuses.length, 0, 0, 0, 0]))).toEqual({ status: 'malformed', value: null });
  });

  // "`malformed` where the bytes are none": half a value is not the value.
  test('a result that is cut short is malformed', () => {
    const bytes = encodeResult('ok', 'twelve');
    for (let length = 0; length < bytes.length; length += 1) {
      expect(decodeResult(bytes.subarray(0, length)), `${length} bytes`).toEqual({ status: 'malformed', value: null });
    }
  });
});

describe('the records of a scan', () => {
  test('are netstrings of UTF-16 code units, key and value by turns', () => {
    expect(
      encodeRecords([
        ['k', 'value'],
        ['é', ''],
      ]),
    ).toBe('1:k5:value1:é0:');
    expect(encodeRecords([])).toBe('');
  });

  test('come back as they were, also by way of a result', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(text, text)), (records) => {
        const { value } = decodeResult(encodeResult('ok', encodeRecords(records)));
        expect(decodeRecords(value ?? 'none')).toEqual(records);
      }),
    );
  });

  test.each([
    ['half a record', '1:k'],
    ['a length that is none', '1:kx:v'],
    ['no length', ':k1:v'],
    ['a length below 0', '-1:1:v'],
    ['a length past the end', '1:k2:v'],
    ['no end', '1'],
    ['a text of its own', 'none'],
  ])('%s is none', (_what, spoilt) => {
    expect(decodeRecords(spoilt)).toBe(null);
  });

  test('any text is records or none, and never an error', () => {
    const almost = fc.array(fc.constantFrom('0', '1', '2', ':', 'k', '-'), { maxLength: 12 });
    fc.assert(
      fc.property(almost, (parts) => {
        const records = decodeRecords(parts.join(''));
        if (records !== null) expect(decodeRecords(encodeRecords(records))).toEqual(records);
      }),
    );
  });
});
