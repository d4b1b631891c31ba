import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { registerModel } from '../../workloads/register.ts';
import type { OrderedOperation } from './ordered-operation.ts';
import { acts, fitsByBruteForce, fromDrafts, isLegalOrder } from './play.ts';
import { search } from './wgl.ts';

const generous = { timeMs: 60_000, maxStates: 1_000_000 };

function verdict(text: string): string {
  return search(registerModel, acts(text), generous).verdict;
}

describe('histories that fit a single copy', () => {
  test.each([
    ['nothing at all', ''],
    ['one after another', '1 write k 5\n1 ok\n1 read k\n1 ok 5'],
    // Herlihy and Wing, 1990, figure 1: a read during a write may see either value.
    ['a read during a write sees the new value', '1 write k 5\n2 read k\n2 ok 5\n1 ok'],
    ['a read during a write sees the old value', '1 write k 5\n2 read k\n2 ok\n1 ok'],
    ['two concurrent writes, and reads that agree', '1 write k 5\n2 write k 6\n1 ok\n2 ok\n3 read k\n3 ok 5'],
    ['a write of unknown outcome happened', '1 write k 5\n1 info\n2 read k\n2 ok 5'],
    ['a write of unknown outcome happened late', '1 write k 5\n1 info\n2 read k\n2 ok\n2 read k\n2 ok 5'],
    ['a write of unknown outcome never happened', '1 write k 5\n1 info\n2 read k\n2 ok'],
    ['a cas finds what it expects', '1 cas k [null,5]\n1 ok true\n1 cas k [5,6]\n1 ok true\n2 read k\n2 ok 6'],
    ['a cas is refused', '1 write k 5\n1 ok\n1 cas k [4,6]\n1 ok false\n2 read k\n2 ok 5'],
    ['a cas of unknown outcome happened', '1 cas k [null,5]\n1 info\n2 read k\n2 ok 5'],
    ['a cas of unknown outcome was refused', '1 cas k [4,5]\n1 info\n2 read k\n2 ok'],
    ['a chain of unknown outcomes', '1 cas k [null,5]\n1 info\n2 cas k [5,6]\n2 info\n3 read k\n3 ok 6'],
    ['only a write of unknown outcome explains a refusal', '1 write k 7\n1 info\n2 cas k [null,5]\n2 ok false'],
    ['a failed write is no write', '1 write k 5\n1 fail\n2 read k\n2 ok'],
    ['a read without an answer says nothing', '1 read k\n2 write k 5\n2 ok\n1 info'],
    ['an operation that never ended may have happened', '1 write k 5\n2 read k\n2 ok 5'],
  ])('%s', (_, text) => expect(verdict(text)).toBe('legal'));
});

describe('histories that fit no single copy', () => {
  test.each([
    ['a stale read', '1 write k 5\n1 ok\n1 write k 6\n1 ok\n2 read k\n2 ok 5'],
    ['a lost write', '1 write k 5\n1 ok\n2 read k\n2 ok'],
    ['a value from nowhere', '1 write k 5\n1 ok\n2 read k\n2 ok 9'],
    ['a value before it was written', '2 read k\n2 ok 5\n1 write k 5\n1 ok'],
    ['a failed write that was seen', '1 write k 5\n1 fail\n2 read k\n2 ok 5'],
    // Herlihy and Wing, 1990, figure 2: once the new value was seen, the old one is gone, though the write goes on.
    ['reads that go back during a write', '1 write k 5\n2 read k\n2 ok 5\n3 read k\n3 ok\n1 ok'],
    ['two cas won from the same value', '1 cas k [null,5]\n2 cas k [null,6]\n1 ok true\n2 ok true'],
    ['a cas refused without a reason', '1 write k 5\n1 ok\n2 cas k [5,6]\n2 ok false'],
    ['a cas that succeeded without its value', '1 write k 5\n1 ok\n2 cas k [4,6]\n2 ok true'],
    [
      'one write of unknown outcome does not happen twice',
      '1 write k 5\n1 info\n2 read k\n2 ok 5\n2 write k 6\n2 ok\n2 read k\n2 ok 5',
    ],
  ])('%s', (_, text) => expect(verdict(text)).toBe('illegal'));
});

test('places in the history decide, not times: a completion before an invocation of the same millisecond', () => {
  const [write, read] = acts('1 write k 5\n1 ok\n2 read k\n2 ok') as [OrderedOperation, OrderedOperation];
  const sameTime = [
    { ...write, completeMs: 10 },
    { ...read, invokeMs: 10 },
  ];
  expect(search(registerModel, sameTime, generous).verdict).toBe('illegal');
});

test('an illegal history names the completion that no order gets past, and the state before it', () => {
  const operations = acts('1 write k 5\n1 ok\n1 write k 6\n1 ok\n2 read k\n2 ok 5\n1 write k 7\n1 ok');
  expect(search(registerModel, operations, generous)).toMatchObject({ verdict: 'illegal', stuck: 2, states: [6] });
});

describe('limits', () => {
  // Overlapping writes that nobody reads, and a read that fits none of them: every subset of them is a configuration.
  const writes = Array.from({ length: 24 }, (_, n) => `${n} write k ${n + 1}\n`).join('');
  const reads = Array.from({ length: 20 }, (_, n) => `${n} ok\n99 read k\n99 ok ${n + 1}\n`).join('');
  const hard = acts(`${writes}${reads}98 read k\n98 ok 99`);

  test('too many configurations are unknown, never legal', () => {
    const result = search(registerModel, hard, { timeMs: 60_000, maxStates: 100 });
    expect(result).toMatchObject({ verdict: 'unknown', limit: 'states' });
  });

  test('too much time is unknown, never legal', () => {
    expect(search(registerModel, hard, { timeMs: 0, maxStates: 1e9 })).toMatchObject({
      verdict: 'unknown',
      limit: 'time',
    });
  });
});

const drafts = fc.array(fc.array(fc.nat(419), { minLength: 6, maxLength: 6 }), { minLength: 1, maxLength: 7 });

// Symmetries are looked for in hard histories only; here they are looked for at once as well.
test.each([
  ['without symmetries', undefined],
  ['with symmetries', 0],
])('agrees with trying every order, and shows an order where there is one: %s', (_, easy) => {
  const seen = { legal: 0, illegal: 0 };
  fc.assert(
    fc.property(drafts, (drawn) => {
      const operations = fromDrafts(drawn);
      const result = search(registerModel, operations, generous, easy);
      const isLegal = fitsByBruteForce(registerModel, operations);
      expect(result.verdict).toBe(isLegal ? 'legal' : 'illegal');
      if (result.verdict === 'legal') expect(isLegalOrder(registerModel, operations, result.order)).toBe(true);
      seen[isLegal ? 'legal' : 'illegal'] += 1;
    }),
    { numRuns: 15_000, seed: 1 },
  );
  // A generator that makes only one kind would prove little.
  expect(Math.min(seen.legal, seen.illegal)).toBeGreaterThan(500);
});
