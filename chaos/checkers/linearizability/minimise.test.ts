import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { registerModel } from '../../workloads/register.ts';
import { family, foundationOf } from './family.ts';
import { minimise } from './minimise.ts';
import type { OrderedOperation } from './ordered-operation.ts';
import { acts, fitsByBruteForce, fromDrafts } from './play.ts';
import { valueKey } from './register-vocabulary.ts';
import { search } from './wgl.ts';

const generous = { timeMs: 60_000, maxStates: 1_000_000 };

function smallest(text: string): string[] {
  const operations = acts(text);
  const result = search(registerModel, operations, generous);
  if (result.verdict !== 'illegal') throw new Error('this history is not illegal');
  return minimise(registerModel, operations, result.stuck).map(registerModel.describe);
}

describe('the smallest failing window', () => {
  test('a stale read: the value, what overwrote it, and the read', () => {
    const before = '1 write k 1\n1 ok\n2 read k\n2 ok 1\n1 write k 2\n1 ok\n2 cas k [2,3]\n2 ok true\n3 read k\n3 ok 3';
    const stale = '1 write k 4\n1 ok\n2 write k 5\n3 write k 6\n2 ok\n3 ok\n1 write k 7\n1 ok\n4 read k\n4 ok 4';
    const after = '1 write k 8\n1 ok\n2 read k\n2 ok 8';
    expect(smallest(`${before}\n${stale}\n${after}`)).toEqual(['write 4 to k', 'write 7 to k', 'read k -> 4']);
  });

  test('a lost write: the write and the read', () => {
    expect(smallest('1 write k 5\n2 write k 6\n2 info\n1 ok\n3 read k\n3 ok')).toEqual([
      'write 5 to k',
      'read k -> null',
    ]);
  });

  test('a chain of cas stays together', () => {
    const text = '1 cas k [null,1]\n1 ok true\n1 cas k [1,2]\n1 ok true\n3 write k 9\n3 info\n2 cas k [1,3]\n2 ok true';
    expect(smallest(text)).toEqual(['cas k null -> 1 succeeded', 'cas k 1 -> 2 succeeded', 'cas k 1 -> 3 succeeded']);
  });

  test('a refusal without a reason: the write and the refused cas', () => {
    const text = '1 write k 4\n1 ok\n1 write k 5\n1 ok\n2 cas k [5,6]\n2 ok false\n1 write k 7\n1 ok';
    expect(smallest(text)).toEqual(['write 5 to k', 'cas k 5 -> 6 was refused']);
  });

  test('an operation that was open when it went wrong counts as unknown', () => {
    const text = '1 write k 5\n2 read k\n2 ok 5\n3 read k\n3 ok\n1 ok';
    expect(smallest(text)).toEqual(['write 5 to k (outcome unknown)', 'read k -> 5', 'read k -> null']);
  });

  test('a stale read in a history that is too large to search within the budget', () => {
    const writers = Array.from({ length: 10 }, (_, at) => at + 1);
    const round = (number: number) => [
      ...writers.map((writer) => `${writer} write k ${10 * number + writer}`),
      ...writers.map((writer) => `${writer} ok`),
    ];
    const rounds = Array.from({ length: 150 }, (_, number) => round(number)).flat();
    const text = [...rounds, '0 read k', '0 ok 501'].join('\n');
    const [write, overwritten, read, ...others] = smallest(text);
    expect([write, read, others]).toEqual(['write 501 to k', 'read k -> 501', []]);
    expect(overwritten).toMatch(/^write \d+ to k$/);
  });

  test('without a budget it is still a failing window', () => {
    const operations = acts('1 write k 1\n1 ok\n1 write k 2\n1 ok\n2 read k\n2 ok 1');
    const window = minimise(registerModel, operations, 2, { work: 0, maxStates: 0 });
    expect(search(registerModel, window, generous).verdict).toBe('illegal');
  });
});

const draft = fc.array(fc.nat(839), { minLength: 6, maxLength: 6 });

test('a window does not fit, and does not fit for less than the whole', () => {
  let illegal = 0;
  fc.assert(
    fc.property(fc.array(draft, { minLength: 1, maxLength: 7 }), fc.boolean(), (drafts, uniqueWrites) => {
      const operations = fromDrafts(drafts, uniqueWrites);
      const result = search(registerModel, operations, generous);
      if (result.verdict !== 'illegal') return;
      illegal += 1;
      const window = minimise(registerModel, operations, result.stuck);
      expect(fitsByBruteForce(registerModel, window)).toBe(false);
      expect(window.length).toBeLessThanOrEqual(operations.length);
    }),
    { numRuns: 5000, seed: 1 },
  );
  expect(illegal).toBeGreaterThan(500);
});

/** Small random histories that fit. */
function eachGoodHistory(look: (operations: OrderedOperation[]) => void): void {
  fc.assert(
    fc.property(fc.array(draft, { minLength: 2, maxLength: 6 }), fc.boolean(), (drafts, uniqueWrites) => {
      const operations = fromDrafts(drafts, uniqueWrites);
      if (fitsByBruteForce(registerModel, operations)) look(operations);
    }),
    { numRuns: 60_000, seed: 1 },
  );
}

test('leaving out families of writes never makes a good history bad', () => {
  let left = 0;
  eachGoodHistory((operations) => {
    for (const values of [[1], [2], [3], [4], [5], [6], [1, 2], [3, 5], [1, 4, 6]]) {
      const members = family(operations, values.map(valueKey));
      if (members === null || members.size === 0) continue;
      left += 1;
      const others = operations.filter((operation) => !members.has(operation));
      expect(fitsByBruteForce(registerModel, others)).toBe(true);
    }
  });
  expect(left).toBeGreaterThan(1000);
});

test('nor does leaving only the last operations, with what they rest on', () => {
  let left = 0;
  eachGoodHistory((operations) => {
    for (const count of [1, 2, 3]) {
      const last = operations.slice(-count);
      const window = foundationOf(new Set(last), operations);
      if (window === null || window.length === operations.length) continue;
      left += 1;
      expect(window).toEqual(expect.arrayContaining(last));
      expect(fitsByBruteForce(registerModel, window)).toBe(true);
    }
  });
  expect(left).toBeGreaterThan(1000);
});

test('a write of what is there from the beginning cannot be left out with what follows from it', () => {
  const operations = acts('1 cas k [null,7]\n1 ok true\n2 cas k [null,6]\n2 ok false\n1 write k\n1 ok');
  expect(fitsByBruteForce(registerModel, operations)).toBe(true);
  expect(fitsByBruteForce(registerModel, operations.slice(1, 2))).toBe(false);
  expect(family(operations, [valueKey(null)])).toBeNull();
});
