import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Command, OperationName, Result } from './command.ts';
import { applyToStore } from './key-value.ts';

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
  const store = new Map([['other', 'untouched']]);
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
