import { describe, expect, test } from 'vitest';
import type { CompletedOperation, Operation } from '../contracts/operations.ts';
import { UsageError } from '../errors.ts';
import { randomFor } from '../random.ts';
import register, { registerModel } from './register.ts';

/** The first operations of a load against a single copy that answers everything at once. */
function drive(seed: number, count: number, params: unknown = {}): { op: Operation; result: unknown }[] {
  const source = register.source(register.parse(params), randomFor(seed, 'load'));
  const copy = new Map<string, unknown>();
  return Array.from({ length: count }, (_, index) => {
    const op = source.next(index % 8);
    const held = copy.get(op.key) ?? null;
    let result: unknown = null;
    if (op.f === 'read') result = held;
    if (op.f === 'write') copy.set(op.key, op.value);
    if (op.f === 'cas') {
      const [expected, next] = op.value as [unknown, unknown];
      result = expected === held;
      if (result === true) copy.set(op.key, next);
    }
    source.learn(op, { type: 'ok', value: result });
    return { op, result };
  });
}

describe('the load', () => {
  test('is decided by its seed', () => {
    expect(drive(1, 200)).toEqual(drive(1, 200));
    expect(drive(1, 200)).not.toEqual(drive(2, 200));
  });

  test('writes no value twice, over all keys and kinds', () => {
    const written = drive(3, 2000).flatMap(({ op }) =>
      op.f === 'write' ? [op.value] : op.f === 'cas' ? [(op.value as unknown[])[1]] : [],
    );
    expect(written.length).toBeGreaterThan(1000);
    expect(new Set(written).size).toBe(written.length);
  });

  test('uses every key and every kind, in about the proportions of the mix', () => {
    const operations = drive(4, 5000, { keys: 3, mix: { read: 6, write: 3, cas: 1 } }).map(({ op }) => op);
    expect(new Set(operations.map((op) => op.key))).toEqual(new Set(['k1', 'k2', 'k3']));
    const share = (f: string): number => operations.filter((op) => op.f === f).length / operations.length;
    expect(share('read')).toBeCloseTo(0.6, 1);
    expect(share('write')).toBeCloseTo(0.3, 1);
    expect(share('cas')).toBeCloseTo(0.1, 1);
  });

  test('a cas mostly expects what was learned last, and sometimes something older', () => {
    const outcomes = drive(5, 5000)
      .filter(({ op }) => op.f === 'cas')
      .map(({ result }) => result);
    const succeeded = outcomes.filter((result) => result === true).length / outcomes.length;
    expect(succeeded).toBeGreaterThan(0.8);
    expect(succeeded).toBeLessThan(0.97);
  });

  test('learns nothing from what failed or is unknown', () => {
    const source = register.source(register.parse({ keys: 1, mix: { cas: 1 } }), randomFor(6, 'load'));
    source.learn({ f: 'write', key: 'k1', value: 99 }, { type: 'fail', value: null });
    source.learn({ f: 'cas', key: 'k1', value: [null, 98] }, { type: 'info', value: null });
    source.learn({ f: 'cas', key: 'k1', value: [null, 97] }, { type: 'ok', value: false });
    expect(source.next(0).value).toEqual([null, 1]);
  });

  test('reads back every key once', () => {
    const source = register.source(register.parse({ keys: 2 }), randomFor(7, 'load'));
    expect(source.readBack()).toEqual([
      { f: 'read', key: 'k1', value: null },
      { f: 'read', key: 'k2', value: null },
    ]);
  });
});

describe('the parameters', () => {
  test('have defaults', () => {
    expect(register.parse({})).toEqual({ keys: 5, mix: { read: 4, write: 3, cas: 3 } });
    expect(register.parse({ mix: { read: 1 } })).toEqual({ keys: 5, mix: { read: 1, write: 0, cas: 0 } });
  });

  test.each([
    [{ keys: 0 }, 'keys'],
    [{ keys: 'five' }, 'keys'],
    [{ key: 5 }, 'Unrecognized key: "key"'],
    [{ mix: { read: -1 } }, 'mix.read'],
    [{ mix: {} }, 'at least one weight above 0'],
  ])('%j is refused in words', (params, words) => {
    expect(() => register.parse(params)).toThrow(UsageError);
    expect(() => register.parse(params)).toThrow(words);
  });
});

describe('the model', () => {
  const { step } = registerModel;
  const read: Operation = { f: 'read', key: 'k', value: null };
  const write: Operation = { f: 'write', key: 'k', value: 7 };
  const cas: Operation = { f: 'cas', key: 'k', value: [5, 7] };

  test.each([
    ['a read of what is there', 5, read, 5, true, { state: 5 }],
    ['a read of something else', 5, read, 6, true, null],
    ['a read before any write', null, read, null, true, { state: null }],
    ['a write', 5, write, null, true, { state: 7 }],
    ['a write of unknown outcome', 5, write, null, false, { state: 7 }],
    ['a cas that finds its value', 5, cas, true, true, { state: 7 }],
    ['a cas that finds its value and is refused', 5, cas, false, true, null],
    ['a cas that does not find its value', 6, cas, false, true, { state: 6 }],
    ['a cas that does not find its value and succeeds', 6, cas, true, true, null],
    ['a cas of unknown outcome that finds its value', 5, cas, null, false, { state: 7 }],
    ['a cas of unknown outcome that does not', 6, cas, null, false, { state: 6 }],
  ])('%s', (_, state, op, result, known, after) => {
    expect(step(state, op, result, known)).toEqual(after);
  });

  test('refuses what is no operation of a register', () => {
    expect(() => step(null, { f: 'append', key: 'k', value: 1 }, null, true)).toThrow('not "append"');
    expect(() => step(null, { f: 'cas', key: 'k', value: 1 }, null, true)).toThrow('wants [expected, new]');
  });

  test('says in plain words what an operation was', () => {
    const base = { op: 0, process: 0, key: 'k1', invokeMs: 0, completeMs: 1 };
    const told = (part: Partial<CompletedOperation>) =>
      registerModel.describe({ ...base, f: 'read', value: null, result: null, type: 'ok', ...part });
    expect(told({ result: 5 })).toBe('read k1 -> 5');
    expect(told({ type: 'info' })).toBe('read k1 (outcome unknown)');
    expect(told({ f: 'write', value: 5 })).toBe('write 5 to k1');
    expect(told({ f: 'write', value: 5, type: 'fail' })).toBe('write 5 to k1 (did not happen)');
    expect(told({ f: 'cas', value: [5, 7], result: true })).toBe('cas k1 5 -> 7 succeeded');
    expect(told({ f: 'cas', value: [5, 7], result: false })).toBe('cas k1 5 -> 7 was refused');
    expect(registerModel.describeState(null)).toBe('null');
  });
});
