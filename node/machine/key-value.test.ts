import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Command, decodeRecords, type KeyValue, type OperationName, type Result } from './command.ts';
import { applyToStore } from './key-value.ts';
import { Store } from './store.ts';

const command = (op: OperationName, a: string | null = null, b: string | null = null): Command => ({
  op,
  session: 1,
  sequence: 1,
  key: 'k',
  a,
  b,
});

const ok = (value: string | null): Result => ({ status: 'ok', value });
const mismatch = (value: string | null): Result => ({ status: 'mismatch', value });
const malformed: Result = { status: 'malformed', value: null };

/** What one command does to a key that holds `before` (null: absent). */
function outcome(before: string | null, each: Command): { result: Result; after: string | null } {
  const store = new Store();
  store.set('other', 'untouched');
  if (before !== null) store.set('k', before);
  const result = applyToStore(store, each);
  expect(store.get('other')).toBe('untouched');
  return { result, after: store.get('k') ?? null };
}

describe('the key-value machine', () => {
  test.each([
    { before: null, each: command('get'), result: ok(null), after: null },
    { before: 'x', each: command('get'), result: ok('x'), after: 'x' },
    { before: null, each: command('put', 'y'), result: ok(null), after: 'y' },
    { before: 'x', each: command('put', ''), result: ok(null), after: '' },
    { before: 'x', each: command('put'), result: malformed, after: 'x' },
    { before: 'x', each: command('delete'), result: ok('x'), after: null },
    { before: null, each: command('delete'), result: ok(null), after: null },
    { before: 'x', each: command('cas', 'x', 'y'), result: ok('y'), after: 'y' },
    { before: 'z', each: command('cas', 'x', 'y'), result: mismatch('z'), after: 'z' },
    { before: null, each: command('cas', 'x', 'y'), result: mismatch(null), after: null },
    { before: null, each: command('cas', null, 'y'), result: ok('y'), after: 'y' },
    { before: 'x', each: command('cas', null, 'y'), result: mismatch('x'), after: 'x' },
    { before: 'x', each: command('cas', 'x'), result: ok(null), after: null },
    { before: '', each: command('cas', null, 'y'), result: mismatch(''), after: '' },
    { before: null, each: command('add', '5'), result: ok('5'), after: '5' },
    { before: '-3', each: command('add', '5'), result: ok('2'), after: '2' },
    {
      before: '9007199254740993',
      each: command('add', '1'),
      result: ok('9007199254740994'),
      after: '9007199254740994',
    },
    { before: 'x', each: command('add', '5'), result: malformed, after: 'x' },
    { before: '1', each: command('add', '1.5'), result: malformed, after: '1' },
    { before: '1', each: command('add', ''), result: malformed, after: '1' },
    { before: '1', each: command('add'), result: malformed, after: '1' },
    { before: '1', each: command('add', '9'.repeat(1001)), result: malformed, after: '1' },
    { before: null, each: command('append', 'a'), result: ok('a'), after: 'a' },
    { before: 'a', each: command('append', 'b'), result: ok('ab'), after: 'ab' },
    { before: 'a', each: command('append'), result: malformed, after: 'a' },
    { before: 'a', each: command('register'), result: malformed, after: 'a' },
  ])('$before, $each.op $each.a $each.b: $result.status, $after', ({ before, each, result, after }) => {
    expect(outcome(before, each)).toEqual({ result, after });
  });

  test('adds integers of any size, exactly', () => {
    fc.assert(
      fc.property(fc.bigInt(), fc.bigInt(), (left, right) => {
        expect(outcome(`${left}`, command('add', `${right}`)).after).toBe(`${left + right}`);
      }),
    );
  });
});

describe('a scan', () => {
  const put = (store: Store, ...keys: string[]) => {
    for (const key of keys) applyToStore(store, { ...command('put', `of ${key}`), key });
  };
  const remove = (store: Store, key: string) => applyToStore(store, { ...command('delete'), key });
  const scan = (store: Store, from: string, count: string | null): Result =>
    applyToStore(store, { ...command('scan', count), key: from });
  const recordsOf = (store: Store, from: string, count: number): KeyValue[] | null =>
    decodeRecords(scan(store, from, String(count)).value ?? 'none');
  const keysOf = (store: Store, from: string, count: number): string[] | undefined =>
    recordsOf(store, from, count)?.map(([key]) => key);

  test('reads up to so many records in key order, from a key on that need not be there', () => {
    const store = new Store();
    put(store, 'd', 'b', 'f', 'a');
    expect(recordsOf(store, 'b', 2)).toEqual([
      ['b', 'of b'],
      ['d', 'of d'],
    ]);
    expect(keysOf(store, 'c', 2)).toEqual(['d', 'f']);
    expect(keysOf(store, '', 1000)).toEqual(['a', 'b', 'd', 'f']);
    expect(keysOf(store, 'g', 5)).toEqual([]);
    expect(scan(new Store(), '', '1')).toEqual(ok(''));
  });

  test('sees what came, went and changed since the last one', () => {
    const store = new Store();
    put(store, 'd', 'b');
    remove(store, 'd');
    expect(keysOf(store, '', 9)).toEqual(['b']);
    put(store, 'c', 'a', 'e');
    remove(store, 'b');
    remove(store, 'never there');
    applyToStore(store, { ...command('append', '!'), key: 'c' });
    applyToStore(store, { ...command('cas', 'of e', null), key: 'e' });
    applyToStore(store, { ...command('add', '1'), key: 'f' });
    expect(recordsOf(store, '', 9)).toEqual([
      ['a', 'of a'],
      ['c', 'of c!'],
      ['f', '1'],
    ]);
  });

  test.each([null, '', '0', '-1', '1001', '2000', '1.5', '01', ' 1', '1e2', 'x'])(
    'of %j records is malformed',
    (count) => {
      const store = new Store();
      put(store, 'a');
      expect(scan(store, '', count)).toEqual(malformed);
    },
  );

  test('of 1,000 records is the largest', () => {
    const store = new Store();
    put(store, ...Array.from({ length: 1001 }, (_, index) => String(index).padStart(4, '0')));
    expect(keysOf(store, '', 1000)?.at(-1)).toBe('0999');
  });

  // A reply of more than 4 MiB would end the connection of its client.
  test('ends early where the records get long, but never before the first', () => {
    const store = new Store();
    const mebibyte = 1 << 20;
    store.set('a', 'é'.repeat(mebibyte));
    store.set('b', 'x'.repeat(mebibyte / 2 - 1));
    store.set('c', 'x'.repeat(mebibyte / 2 - 1));
    store.set('d', '');
    expect(keysOf(store, 'a', 3)).toEqual(['a']);
    expect(keysOf(store, 'b', 3)).toEqual(['b', 'c']);
  });

  // Few keys, so that they meet; one of them sorts otherwise by code points than by UTF-16 code units.
  const key = fc.constantFrom('', 'a', 'aa', 'b', 'é', '\uffee', '\u{1f600}');
  const step = fc.oneof(
    fc.record({ kind: fc.constantFrom('set', 'delete'), key, value: fc.string() }),
    fc.record({ kind: fc.constant('scan'), key, count: fc.integer({ min: 1, max: 8 }) }),
  );

  test('gives what a sorted array gives, whatever happened between scans', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const store = new Store();
        const model = new Map<string, string>();
        for (const each of steps) {
          if ('count' in each) {
            const sorted = [...model.keys()].sort().filter((other) => other >= each.key);
            const expected = sorted.slice(0, each.count).map((other) => [other, model.get(other)]);
            expect(recordsOf(store, each.key, each.count)).toEqual(expected);
          } else if (each.kind === 'set') {
            store.set(each.key, each.value);
            model.set(each.key, each.value);
          } else {
            store.delete(each.key);
            model.delete(each.key);
          }
        }
      }),
    );
  });
});
