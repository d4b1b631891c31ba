import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Command,
  decodeResult,
  encodeBatch,
  encodeCommand,
  encodeResult,
  type OperationName,
  type Result,
} from './command.ts';
import type { ResultSink } from './machine.ts';
import { maxSessions } from './session-table.ts';
import { SessionMachine } from './sessions.ts';

const encoded = (op: OperationName, session: number, sequence: number, a: string | null = null): Uint8Array =>
  encodeCommand({ op, session, sequence, key: 'k', a, b: null });

const append = (session: number, sequence: number, text: string): Uint8Array =>
  encoded('append', session, sequence, text);

/** Applies commands as one batch; gives back their results. */
function applied(machine: SessionMachine, ...commands: Uint8Array[]): Result[] {
  const results: Result[] = [];
  machine.apply(
    encodeBatch(commands),
    (_registers, _session, _sequence, bytes) => void results.push(decodeResult(bytes)),
  );
  return results;
}

/** A machine with sessions 1 to `count`. */
function machineWith(count: number): SessionMachine {
  const machine = new SessionMachine();
  const registrations = Array.from({ length: count }, (_, offset) => encoded('register', 100 + offset, 0));
  expect(applied(machine, ...registrations)).toHaveLength(count);
  return machine;
}

const ok = (value: string | null): Result => ({ status: 'ok', value });
const expired: Result = { status: 'expired', value: null };
const read = (machine: SessionMachine): string | null => decodeResult(machine.query(encoded('get', 0, 0))).value;

// Dissertation, section 6.3: the state machine keeps, for each session, the last sequence and its result.
describe('exactly once', () => {
  test('a registration gives the next session, and is reported under the number that the client drew', () => {
    const machine = new SessionMachine();
    const seen: unknown[] = [];
    machine.apply(
      encodeBatch([encoded('register', 77, 0), encoded('register', 77, 0)]),
      (...[registers, session, sequence, bytes]) => {
        seen.push([registers, session, sequence, decodeResult(bytes)]);
      },
    );
    expect(seen).toEqual([
      [true, 77, 0, ok('1')],
      [true, 77, 0, ok('2')],
    ]);
  });

  test('a repeated command is answered with its first result, and changes nothing again', () => {
    const machine = machineWith(1);
    expect(applied(machine, append(1, 1, 'a'), append(1, 1, 'a'), append(1, 1, 'a'))).toEqual([
      ok('a'),
      ok('a'),
      ok('a'),
    ]);
    expect(read(machine)).toBe('a');
  });

  test('also in a later batch, and after the commands of other sessions', () => {
    const machine = machineWith(2);
    applied(machine, append(1, 1, 'a'));
    applied(machine, append(2, 1, 'b'));
    expect(applied(machine, append(1, 1, 'a'))).toEqual([ok('a')]);
    expect(read(machine)).toBe('ab');
  });

  test('an older sequence than the last one is not applied, and has no result any more', () => {
    const machine = machineWith(1);
    expect(applied(machine, append(1, 3, 'a'), append(1, 2, 'b'))).toEqual([ok('a'), expired]);
    expect(read(machine)).toBe('a');
  });

  test('sequences may have gaps: a command that failed used one up', () => {
    const machine = machineWith(1);
    expect(applied(machine, append(1, 2, 'a'), append(1, 9, 'b'))).toEqual([ok('a'), ok('ab')]);
  });

  test('a session that was never registered is told so, and changes nothing', () => {
    const machine = machineWith(1);
    expect(applied(machine, append(0, 1, 'a'), append(2, 1, 'a'))).toEqual([expired, expired]);
    expect(read(machine)).toBe(null);
  });

  test('what is no command is passed over, with all others in place', () => {
    const machine = machineWith(1);
    expect(applied(machine, new Uint8Array([1, 2, 3]), append(1, 1, 'a'))).toEqual([ok('a')]);
  });

  test('what only begins like a command is answered, for somebody may wait for it', () => {
    const machine = machineWith(1);
    const malformed = { status: 'malformed', value: null };
    expect(applied(machine, new Uint8Array(40), append(1, 1, 'a'))).toEqual([malformed, ok('a')]);
  });
});

test('a registration that is malformed is answered under the number that the client drew, whatever else it says', () => {
  const wrong = encodeCommand({ op: 'register', session: 77, sequence: 9, key: 'k', a: null, b: null });
  wrong.fill(255, 13);
  const seen: unknown[] = [];
  new SessionMachine().apply(encodeBatch([wrong]), (...[registers, session, sequence, bytes]) => {
    seen.push([registers, session, sequence, decodeResult(bytes).status]);
  });
  expect(seen).toEqual([[true, 77, 0, 'malformed']]);
});

describe('a read that is a command of its session', () => {
  const scan = (sequence: number) => encoded('scan', 1, sequence, '5');

  test.each([
    ['get', encoded('get', 1, 2), ok('a')],
    ['scan', scan(2), ok('1:k1:a')],
  ] as const)('(%s) sees what was applied before it, and is the last result of the session', (_op, command, result) => {
    const machine = machineWith(2);
    expect(applied(machine, append(1, 1, 'a'), command, append(2, 1, 'b'))).toEqual([ok('a'), result, ok('ab')]);
    expect(machine.recall(1, 2)).toEqual(encodeResult('ok', result.value));
    expect(machine.recall(1, 1)).toBe(null);
    // Tried again it says what it said, whatever was written since.
    expect(applied(machine, command)).toEqual([result]);
    expect(read(machine)).toBe('ab');
  });

  test('under a session that is none, or an older sequence, sees nothing', () => {
    const machine = machineWith(1);
    expect(applied(machine, append(1, 2, 'a'), encoded('get', 1, 1), encoded('get', 9, 1))).toEqual([
      ok('a'),
      expired,
      expired,
    ]);
  });
});

describe('recalling a result', () => {
  test('works for the last command of a session, and for nothing else', () => {
    const machine = machineWith(1);
    expect(machine.recall(1, 0)).toBe(null);
    applied(machine, append(1, 1, 'a'), append(1, 2, 'b'));
    expect(machine.recall(1, 2)).toEqual(encodeResult('ok', 'ab'));
    expect([machine.recall(1, 1), machine.recall(1, 3), machine.recall(2, 1), machine.recall(0, 0)]).toEqual(
      Array.from({ length: 4 }, () => null),
    );
  });
});

describe('a settled result', () => {
  test('is that of the last command of a session, and that those before it expired', () => {
    const machine = machineWith(2);
    applied(machine, append(1, 3, 'a'));
    expect([2, 3, 4].map((sequence) => machine.settledResult(1, sequence))).toEqual([
      encodeResult('expired', null),
      encodeResult('ok', 'a'),
      null,
    ]);
    expect(machine.settledResult(2, 1)).toBe(null);
  });

  test('of a session that ended, or of none, is that it expired; a session that is still to come may be anything', () => {
    const machine = machineWith(maxSessions + 1);
    expect([0, 1, maxSessions, maxSessions + 2].map((session) => machine.settledResult(session, 1))).toEqual([
      encodeResult('expired', null),
      encodeResult('expired', null),
      null,
      null,
    ]);
  });
});

describe('a query', () => {
  test('reads and changes nothing; what is no read is malformed', () => {
    const machine = machineWith(1);
    applied(machine, append(1, 1, 'a'));
    const before = machine.digest();
    expect(read(machine)).toBe('a');
    const malformed = { status: 'malformed', value: null };
    expect(decodeResult(machine.query(append(1, 2, 'b')))).toEqual(malformed);
    expect(decodeResult(machine.query(new Uint8Array(3)))).toEqual(malformed);
    expect(machine.digest()).toBe(before);
  });

  test('scans as well', () => {
    const machine = machineWith(1);
    applied(machine, append(1, 1, 'a'));
    const before = machine.digest();
    const scan = (count: string) => decodeResult(machine.query(encoded('scan', 0, 0, count)));
    expect(scan('10')).toEqual(ok('1:k1:a'));
    expect(scan('0')).toEqual({ status: 'malformed', value: null });
    expect(machine.digest()).toBe(before);
  });

  // A protocol may order reads like writes.
  test('may be ordered instead, and says the same', () => {
    const machine = machineWith(1);
    expect(applied(machine, append(1, 1, 'a'), encoded('get', 1, 2), encoded('scan', 1, 3, '10'))).toEqual([
      ok('a'),
      ok('a'),
      ok('1:k1:a'),
    ]);
  });
});

describe('too many sessions', () => {
  test('the tenth that was idle longest is forgotten, by use and not by age', () => {
    const machine = machineWith(maxSessions);
    applied(machine, append(1, 1, 'a'));
    applied(machine, encoded('register', 1, 0));
    // Session 1 is the oldest, but was used; 2 to 10,001 were not.
    const gone = maxSessions / 10 + 1;
    expect(
      applied(machine, append(1, 2, 'b'), append(2, 1, 'c'), append(gone, 1, 'd'), append(gone + 1, 1, 'e')),
    ).toEqual([ok('ab'), expired, expired, ok('abe')]);
    expect(machine.recall(gone, 1)).toBe(null);
  });
});

describe('the size', () => {
  test('counts keys, sessions, and the bytes of keys, values and last results', () => {
    const machine = machineWith(2);
    expect(machine.size()).toEqual({ keys: 0, sessions: 2, bytes: 0 });
    applied(machine, append(1, 1, 'é'), append(2, 1, 'x'));
    const results = encodeResult('ok', 'é').length + encodeResult('ok', 'éx').length;
    expect(machine.size()).toEqual({ keys: 1, sessions: 2, bytes: 'k'.length + 3 + results });
  });
});

describe('the digest', () => {
  const commands: fc.Arbitrary<Command> = fc.record({
    op: fc.constantFrom('register', 'put', 'delete', 'cas', 'add', 'append'),
    session: fc.nat(4),
    sequence: fc.nat(6),
    key: fc.constantFrom('a', 'b'),
    a: fc.option(fc.constantFrom('1', 'x')),
    b: fc.option(fc.constantFrom('1', 'y')),
  });

  test('is equal after equal commands, however they were batched', () => {
    fc.assert(
      fc.property(fc.array(commands, { maxLength: 30 }), fc.nat(30), (list, cut) => {
        const bytes = list.map(encodeCommand);
        const [whole, parts] = [new SessionMachine(), new SessionMachine()];
        applied(whole, ...bytes);
        applied(parts, ...bytes.slice(0, cut));
        applied(parts, ...bytes.slice(cut));
        expect(parts.digest()).toBe(whole.digest());
      }),
    );
  });

  test('is equal with and without scans', () => {
    fc.assert(
      fc.property(fc.array(commands, { maxLength: 30 }), fc.nat(30), (list, scanAfter) => {
        const [quiet, scanned] = [machineWith(2), machineWith(2)];
        for (const [index, command] of list.entries()) {
          if (index >= scanAfter) scanned.query(encoded('scan', 0, 0, '2'));
          for (const machine of [quiet, scanned]) applied(machine, encodeCommand(command));
        }
        expect(scanned.digest()).toBe(quiet.digest());
      }),
    );
  });

  test.each([
    ['another value', [append(1, 1, 'b')]],
    ['another key', [encodeCommand({ op: 'append', session: 1, sequence: 1, key: 'l', a: 'a', b: null })]],
    ['another session', [append(2, 1, 'a')]],
    ['another sequence', [append(1, 2, 'a')]],
    ['one session more', [append(1, 1, 'a'), encoded('register', 9, 0)]],
    ['nothing', []],
  ])('differs after %s', (_what, other) => {
    const [one, two] = [machineWith(2), machineWith(2)];
    applied(one, append(1, 1, 'a'));
    applied(two, ...other);
    expect(two.digest()).not.toBe(one.digest());
  });

  test('does not depend on the order in which keys came', () => {
    const put = (sequence: number, key: string) =>
      encodeCommand({ op: 'put', session: 1, sequence, key, a: 'v', b: null });
    const [one, two] = [machineWith(1), machineWith(1)];
    applied(one, put(1, 'a'), put(2, 'b'), put(3, 'a'));
    applied(two, put(1, 'b'), put(2, 'a'), put(3, 'a'));
    expect(one.digest()).toBe(two.digest());
  });

  // "A hash of the whole state, sessions included": the kept results are what a retry is answered with.
  test('differs where a kept result differs', () => {
    const [one, two] = [machineWith(1), machineWith(1)];
    const cas = (a: string, b: string) => encodeCommand({ op: 'cas', session: 1, sequence: 2, key: 'k', a, b });
    for (const machine of [one, two]) applied(machine, append(1, 1, 'x'));
    applied(one, cas('x', 'x'));
    applied(two, cas('y', 'x'));
    expect(one.recall(1, 2)).not.toEqual(two.recall(1, 2));
    expect(one.digest()).not.toBe(two.digest());
  });
});

describe('since when an answer is what it is', () => {
  const get = encodeCommand({ op: 'get', session: 0, sequence: 0, key: 'k', a: null, b: null });
  const datedBy = (machine: SessionMachine, query = get) => {
    const { result, since } = machine.datedQuery(query);
    return [decodeResult(result).value, since];
  };
  const dating = () => {
    const machine = new SessionMachine({}, true, true);
    applied(machine, encoded('register', 7, 0));
    return machine;
  };

  test('is told by the last command that may have changed it, and by nothing that was not carried out', () => {
    const machine = dating();
    expect(datedBy(machine)).toEqual([null, 0]);
    applied(machine, append(1, 1, 'a'), append(1, 1, 'a'), append(9, 1, 'x'), encoded('get', 1, 2));
    expect(datedBy(machine)).toEqual(['a', 2]);
    applied(machine, encoded('delete', 1, 3));
    expect(datedBy(machine)).toEqual([null, 6]);
  });

  test('is now for a scan, and for everything where nobody asks for dates', () => {
    const scan = encodeCommand({ op: 'scan', session: 0, sequence: 0, key: 'a', a: '9', b: null });
    const machine = dating();
    applied(machine, append(1, 1, 'a'), encoded('register', 8, 0));
    expect(datedBy(machine, scan)[1]).toBe(3);
    const plain = machineWith(1);
    applied(plain, append(1, 1, 'a'), encoded('register', 8, 0));
    expect(datedBy(plain)).toEqual(['a', 3]);
  });

  test('is no earlier than a state that was taken over', () => {
    const machine = dating();
    applied(machine, append(1, 1, 'a'), encoded('register', 8, 0));
    const other = new SessionMachine({}, true, true);
    const restoration = other.restore();
    const pieces = machine.snapshot();
    for (let next = pieces.next(); !next.done; next = pieces.next()) restoration.take(next.value);
    restoration.finish();
    expect([datedBy(machine), datedBy(other)]).toEqual([
      ['a', 2],
      ['a', 3],
    ]);
    for (const each of [machine, other]) applied(each, append(1, 2, 'b'));
    expect(datedBy(other)).toEqual(datedBy(machine));
  });
});

describe('sessions of clients that sign', () => {
  const resultsOf = (machine: SessionMachine, client: string, ...commands: Uint8Array[]): Result[] => {
    const results: Result[] = [];
    const sink = (...[, , , bytes]: Parameters<ResultSink>) => void results.push(decodeResult(bytes));
    machine.apply(encodeBatch(commands), sink, client);
    return results;
  };

  test('belong to who registered them, and are nobody else’s', () => {
    const machine = new SessionMachine({}, true);
    expect(resultsOf(machine, 'c1', encoded('register', 7, 0), encoded('put', 1, 1, 'mine'))).toEqual([
      ok('1'),
      ok(null),
    ]);
    expect(resultsOf(machine, 'c2', encoded('put', 1, 2, 'stolen'))).toEqual([expired]);
    expect(resultsOf(machine, '', encoded('put', 1, 2, 'stolen'))).toEqual([expired]);
    expect(read(machine)).toBe('mine');
    expect(resultsOf(machine, 'c1', encoded('put', 1, 2, 'mine again'))).toEqual([ok(null)]);
    expect(read(machine)).toBe('mine again');
  });

  test('tell nobody else what their commands came to', () => {
    const machine = new SessionMachine({}, true);
    resultsOf(machine, 'c1', encoded('register', 7, 0), encoded('append', 1, 1, 'secret'));
    expect(machine.settledResult(1, 1, 'c1')).toEqual(encodeResult('ok', 'secret'));
    expect(machine.settledResult(1, 1, 'c2')).toEqual(encodeResult('expired', null));
    expect(machine.settledResult(1, 2, 'c1')).toBeNull();
    expect(machine.settledResult(1, 2, 'c2')).toEqual(encodeResult('expired', null));
  });

  test('are still theirs in a state that was taken over from another replica', () => {
    const machine = new SessionMachine({}, true);
    resultsOf(machine, 'c1', encoded('register', 7, 0));
    const other = new SessionMachine({}, true);
    const restoration = other.restore();
    const pieces = machine.snapshot();
    for (let next = pieces.next(); !next.done; next = pieces.next()) restoration.take(next.value);
    restoration.finish();
    expect(other.digest()).toBe(machine.digest());
    expect(resultsOf(other, 'c2', encoded('put', 1, 1, 'stolen'))).toEqual([expired]);
    expect(resultsOf(other, 'c1', encoded('put', 1, 1, 'mine'))).toEqual([ok(null)]);
  });
});
