import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Command,
  decodeResult,
  encodeBatch,
  encodeCommand,
  encodeOperation,
  type OperationName,
  type Result,
} from './command.ts';
import { maxSessions } from './session-table.ts';
import { SessionMachine } from './sessions.ts';

function applied(machine: SessionMachine, ...commands: Uint8Array[]): Result[] {
  const results: Result[] = [];
  machine.apply(
    encodeBatch(commands),
    (_registers, _session, _sequence, bytes) => void results.push(decodeResult(bytes)),
  );
  return results;
}

const on = (op: OperationName, session: number, sequence: number, a: string | null = null, key = 'k'): Uint8Array =>
  encodeOperation({ op, key, a, b: null }, session, sequence);
const append = (session: number, sequence: number, text: string) => on('append', session, sequence, text);
const register = on('register', 9, 0);
const ok = (value: string | null): Result => ({ status: 'ok', value });
const expired: Result = { status: 'expired', value: null };
const read = (machine: SessionMachine): string | null => decodeResult(machine.query(on('get', 0, 0))).value;

/** What is left of a snapshot. */
function rest(pieces: Iterator<Uint8Array>): Buffer {
  const taken: Uint8Array[] = [];
  for (let next = pieces.next(); !next.done; next = pieces.next()) taken.push(next.value);
  return Buffer.concat(taken);
}

/** Puts a snapshot into `machine`, in pieces of at most so many bytes. */
function install(machine: SessionMachine, bytes: Uint8Array, pieceBytes = 65536): SessionMachine {
  const restoration = machine.restore();
  for (let at = 0; at < bytes.length; at += pieceBytes) restoration.take(bytes.subarray(at, at + pieceBytes));
  restoration.finish();
  return machine;
}

const copyOf = (machine: SessionMachine): SessionMachine => install(new SessionMachine(), rest(machine.snapshot()));

const commands: fc.Arbitrary<Command> = fc.record({
  op: fc.constantFrom('register', 'get', 'put', 'delete', 'cas', 'add', 'append', 'scan'),
  session: fc.nat(4),
  sequence: fc.nat(6),
  key: fc.constantFrom('a', 'b', 'c', 'é'),
  a: fc.option(fc.constantFrom('1', 'x')),
  b: fc.option(fc.constantFrom('1', 'y')),
});
const someCommands = fc.array(commands.map(encodeCommand), { maxLength: 30, size: 'max' });

/** Applies each command on its own, and says what came of each and of all. */
function outcome(machine: SessionMachine, list: readonly Uint8Array[]): unknown {
  const results = list.map((command) => [applied(machine, command), machine.digest()]);
  const recalled = [1, 2, 3, 4].map((session) => [1, 2, 3, 4, 5, 6].map((n) => machine.recall(session, n)));
  return { results, recalled, digest: machine.digest(), next: applied(machine, register) };
}

describe('a snapshot', () => {
  test('is the state at the time of the call, whatever is applied while it is read', () => {
    fc.assert(
      fc.property(
        fc.tuple(someCommands, someCommands, someCommands, someCommands),
        fc.integer({ min: 1, max: 200 }),
        ([before, unread, meanwhile, after], pieceBytes) => {
          const machine = new SessionMachine();
          applied(machine, register, register, ...before);
          const twin = new SessionMachine();
          applied(twin, register, register, ...before);
          const digest = machine.digest();

          const pieces = machine.snapshot();
          applied(machine, ...unread);
          const first = pieces.next();
          applied(machine, ...meanwhile);
          const bytes = Buffer.concat([first.value as Uint8Array, rest(pieces)]);
          const restored = install(new SessionMachine(), bytes, pieceBytes);

          expect(restored.digest()).toBe(digest);
          const missed = [...unread, ...meanwhile, ...after];
          expect(outcome(restored, missed)).toEqual(outcome(twin, missed));
          // Neither does the one that was read notice.
          applied(machine, ...after, register);
          expect(machine.digest()).toBe(restored.digest());
        },
      ),
    );
  });

  test('of many keys is read piece by piece while they come, change and go', () => {
    const machine = new SessionMachine();
    applied(machine, register);
    let sequence = 0;
    const change = (op: OperationName, index: number, value: string | null) => {
      sequence += 1;
      applied(machine, on(op, 1, sequence, value, `key ${index}`));
    };
    for (let index = 0; index < 3000; index += 1) change('put', index, 'x'.repeat(100));
    const digest = machine.digest();
    const pieces = machine.snapshot();
    const taken: Uint8Array[] = [];
    for (let next = pieces.next(); !next.done; next = pieces.next()) {
      taken.push(next.value);
      const at = taken.length * 400;
      for (let index = at; index < at + 400; index += 1) {
        change('delete', index, null);
        change('append', 3000 - index, '!');
        change('put', 3000 + index, 'new');
      }
    }
    expect(taken.length).toBeGreaterThan(4);
    const restored = install(new SessionMachine(), Buffer.concat(taken));
    expect(restored.digest()).toBe(digest);
    expect(copyOf(machine).digest()).toBe(machine.digest());
  });

  test('is one at a time, until it has ended or is given up', () => {
    const machine = new SessionMachine();
    applied(machine, register, append(1, 1, 'a'));
    const first = machine.snapshot();
    expect(() => machine.snapshot()).toThrow('One past state is being read already.');
    expect(first.return?.()).toEqual({ done: true, value: undefined });
    expect(first.next().done).toBe(true);
    const digest = machine.digest();
    const second = machine.snapshot();
    first.return?.();
    expect(() => machine.snapshot()).toThrow();
    applied(machine, append(1, 2, 'b'));
    expect(install(new SessionMachine(), rest(second)).digest()).toBe(digest);
    expect(copyOf(machine).digest()).toBe(machine.digest());
  });
});

// Dissertation, section 6.3: what sessions have done is a part of the state, so a snapshot without it would forget it.
describe('a machine that was restored', () => {
  test('answers a retry from the table, and does not apply it again', () => {
    const machine = new SessionMachine();
    applied(machine, register, append(1, 1, 'a'), append(1, 2, 'b'));
    const restored = copyOf(machine);
    expect(restored.recall(1, 2)).toEqual(machine.recall(1, 2));
    expect(applied(restored, append(1, 2, 'b'), append(1, 1, 'a'), append(1, 3, 'c'))).toEqual([
      ok('ab'),
      expired,
      ok('abc'),
    ]);
    expect(read(restored)).toBe('abc');
  });

  test('forgets the same sessions, and gives the same numbers to new ones', () => {
    const machine = new SessionMachine();
    applied(machine, ...Array.from({ length: maxSessions }, () => register), append(2, 1, 'a'), append(1, 1, 'b'));
    const restored = copyOf(machine);
    for (const each of [machine, restored]) {
      expect(applied(each, register)).toEqual([ok(String(maxSessions + 1))]);
      expect(applied(each, append(1, 2, 'c'), append(2, 2, 'd'), append(3, 1, 'e'))).toEqual([
        ok('abc'),
        ok('abcd'),
        expired,
      ]);
    }
    expect(restored.digest()).toBe(machine.digest());
  });

  test('has the sessions of then, though some were forgotten and others came while they were read', () => {
    const machine = new SessionMachine();
    applied(machine, ...Array.from({ length: maxSessions }, () => register), append(7, 1, 'a'));
    const digest = machine.digest();
    const pieces = machine.snapshot();
    const first = pieces.next().value as Uint8Array;
    applied(machine, register, register, append(7, 2, 'b'), append(maxSessions, 1, 'c'));
    const restored = install(new SessionMachine(), Buffer.concat([first, rest(pieces)]));
    expect(restored.digest()).toBe(digest);
  });

  test('has nothing left of what it was before', () => {
    const full = new SessionMachine();
    applied(full, register, register, append(1, 1, 'old'), append(2, 1, '!'));
    expect(decodeResult(full.query(on('scan', 0, 0, '10', ''))).value).toBe('1:k4:old!');
    const other = new SessionMachine();
    applied(other, register, on('put', 1, 1, 'v', 'l'));
    install(full, rest(other.snapshot()));
    expect(full.digest()).toBe(other.digest());
    expect(decodeResult(full.query(on('scan', 0, 0, '10', ''))).value).toBe('1:l1:v');
    expect(applied(full, append(2, 2, 'x'))).toEqual([expired]);
  });

  test('is as before until all is there, and where the bytes are no snapshot', () => {
    const machine = new SessionMachine();
    applied(machine, register, append(1, 1, 'a'));
    const bytes = rest(copyOf(machine).snapshot());
    const restoration = machine.restore();
    restoration.take(bytes.subarray(0, bytes.length - 1));
    applied(machine, append(1, 2, 'b'));
    const digest = machine.digest();
    expect(() => restoration.finish()).toThrow('The bytes that came are no whole snapshot.');
    expect(() => machine.restore().take(new Uint8Array(100))).toThrow('has version 0');
    expect(machine.digest()).toBe(digest);
    restoration.take(bytes.subarray(bytes.length - 1));
    restoration.finish();
    expect(read(machine)).toBe('a');
  });

  test('may have been giving a snapshot itself, which remains what it was', () => {
    const machine = new SessionMachine();
    applied(machine, register, append(1, 1, 'a'));
    const digest = machine.digest();
    const pieces = machine.snapshot();
    install(machine, rest(new SessionMachine().snapshot()));
    applied(machine, register, register, append(1, 1, 'b'));
    const present = copyOf(machine);
    expect(install(new SessionMachine(), rest(pieces)).digest()).toBe(digest);
    expect(present.digest()).toBe(machine.digest());
  });
});

describe('the planted bug: a snapshot without what the sessions did', () => {
  const broken = () => new SessionMachine({ snapshotsSessions: false });

  test('applies a retry twice, and is otherwise as it should be', () => {
    const machine = broken();
    applied(machine, register, register, append(1, 1, 'a'), append(1, 2, 'b'));
    const restored = install(broken(), rest(machine.snapshot()));
    expect(restored.recall(1, 2)).toBe(null);
    expect(read(restored)).toBe('ab');
    expect(applied(restored, append(1, 2, 'b'), append(1, 2, 'b'))).toEqual([ok('abb'), ok('abb')]);
    expect(applied(restored, append(2, 1, 'c'), append(3, 1, 'd'), register)).toEqual([ok('abbc'), expired, ok('3')]);
  });

  test('does not show where there was no snapshot, nor before the first command', () => {
    const [right, wrong] = [new SessionMachine(), broken()];
    for (const machine of [right, wrong]) applied(machine, register, register);
    expect(install(broken(), rest(wrong.snapshot())).digest()).toBe(right.digest());
    for (const machine of [right, wrong]) applied(machine, append(1, 1, 'a'), append(1, 1, 'a'));
    expect(wrong.digest()).toBe(right.digest());
    expect(rest(wrong.snapshot())).not.toEqual(rest(right.snapshot()));
  });
});

describe('canonical snapshots', () => {
  const canonical = () => new SessionMachine({}, true);

  test('of equal states are equal, whatever was saved, installed or deleted on the way', () => {
    fc.assert(
      fc.property(fc.array(someCommands, { maxLength: 6 }), fc.array(fc.nat(3)), (batches, turns) => {
        const [plain, saving] = [canonical(), canonical()];
        let other = saving;
        let under = other.snapshot();
        for (const [at, batch] of batches.entries()) {
          for (const command of batch) {
            applied(plain, command);
            applied(other, command);
            // One of the two is read meanwhile, and sometimes begins anew from what was read.
            if (turns[at] === 1) under.next();
          }
          if (turns[at] !== 2) continue;
          rest(under);
          other = install(canonical(), rest(other.snapshot()));
          under = other.snapshot();
        }
        rest(under);
        expect(rest(other.snapshot()).equals(rest(plain.snapshot()))).toBe(true);
      }),
    );
  });

  test('hold the records in the order of their keys, and others need not', () => {
    const keys = ['b', 'a', 'c'];
    const machines = [canonical(), new SessionMachine()];
    const texts = machines.map((machine) => {
      applied(machine, register, ...keys.map((key, at) => on('put', 1, at + 1, key, key)));
      return rest(machine.snapshot())
        .toString('latin1')
        .replaceAll(/[^a-c]/g, '');
    });
    expect(texts).toEqual(['aabbcc', 'bbaacc']);
  });
});
