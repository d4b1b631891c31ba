import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CachedLog, type Logged } from './cached-log.ts';

const logged = (text: string): Logged => ({ payload: new TextEncoder().encode(text) });

/** Entries 1 to `count` of two bytes each, two in a record, from record 11 on. */
function logOf(count: number, cacheBytes = 1000): CachedLog<Logged> {
  const log = new CachedLog<Logged>(cacheBytes);
  for (let index = 1; index <= count; index += 1) log.append(logged(`e${index}`), 11 + Math.floor((index - 1) / 2));
  return log;
}

const indexes = [0, 1, 2, 3, 4, 5, 6, 7];

describe('the log', () => {
  test('begins at 1, and knows of each entry its size and its record', () => {
    const log = logOf(5);
    expect(log).toMatchObject({ base: 0, lastIndex: 5, bytes: 10, heldBytes: 10, firstPosition: 11 });
    expect(indexes.map((index) => log.position(index))).toEqual([0, 11, 11, 12, 12, 13, 0, 0]);
    expect(indexes.map((index) => log.size(index))).toEqual([0, 2, 2, 2, 2, 2, 0, 0]);
    expect(log.slice(4, 9)).toEqual([logged('e4'), logged('e5')]);
    expect(() => log.entry(6)).toThrow('the log holds no entry 6 (it holds 1 to 5)');
  });

  test('counts the bytes behind an entry, and up to another', () => {
    const log = logOf(5);
    expect([log.bytesAfter(0), log.bytesAfter(2), log.bytesAfter(2, 3), log.bytesAfter(5), log.bytesAfter(9)]).toEqual([
      10, 6, 2, 0, 0,
    ]);
    log.compactTo(3);
    expect([log.bytesAfter(0), log.bytesAfter(3), log.bytesAfter(4, 99)]).toEqual([4, 4, 2]);
  });

  test('of nothing has no record and no bytes', () => {
    const log = new CachedLog<Logged>(10);
    expect(log).toMatchObject({ base: 0, lastIndex: 0, bytes: 0, firstPosition: Number.POSITIVE_INFINITY });
    expect(log.countFitting(1, 9, 9)).toBe(0);
  });

  // An entry that was written anew stands in a later record than those behind it did.
  test('needs its lowest record, wherever in the log that is', () => {
    const log = new CachedLog<Logged>(10);
    for (const position of [7, 5, 9]) log.append(logged('x'), position);
    expect(log.firstPosition).toBe(5);
    log.compactTo(2);
    expect(log.firstPosition).toBe(9);
  });
});

describe('what memory holds', () => {
  test('is the last of what is decided, and all that is not', () => {
    const log = logOf(6, 4);
    log.forget(0);
    expect(log.heldBytes).toBe(12);
    log.forget(2);
    expect(indexes.filter((index) => log.holds(index))).toEqual([3, 4, 5, 6]);
    log.forget(6);
    expect(indexes.filter((index) => log.holds(index))).toEqual([5, 6]);
    expect(log).toMatchObject({ bytes: 12, heldBytes: 4 });
    expect(() => log.entry(4)).toThrow('the log holds no entry 4 (it holds 5 to 6)');
    expect(log.position(4)).toBe(12);
    expect(log.size(4)).toBe(2);
  });

  test('cannot be cut off where it was decided and forgotten', () => {
    const log = logOf(6, 4);
    log.forget(6);
    expect(() => log.truncate(4)).toThrow('entry 4 was decided, and is not to be replaced');
    log.truncate(6);
    expect(log).toMatchObject({ lastIndex: 5, bytes: 10, heldBytes: 2 });
  });
});

describe('what is gone', () => {
  test('leaves the rest with its indexes', () => {
    const log = logOf(6);
    log.compactTo(3);
    expect(log).toMatchObject({ base: 3, lastIndex: 6, bytes: 6, heldBytes: 6, firstPosition: 12 });
    expect(log.slice(4, 2)).toEqual([logged('e4'), logged('e5')]);
    expect(() => log.compactTo(2)).toThrow('entry 2 is not in the log, and cannot go');
    expect(() => log.compactTo(7)).toThrow('entry 7 is not in the log, and cannot go');
  });

  test('may be all, and the log may begin anew anywhere', () => {
    const log = logOf(6, 4);
    log.forget(6);
    log.reset(90);
    expect(log).toMatchObject({ base: 90, lastIndex: 90, bytes: 0, heldBytes: 0 });
    log.append(logged('new'), 40);
    expect(log.entry(91)).toEqual(logged('new'));
    expect(log).toMatchObject({ lastIndex: 91, bytes: 3, heldBytes: 3, firstPosition: 40 });
  });
});

test('whatever happens to it, sizes and bytes agree with what was put in', () => {
  type Step = { readonly what: 'append' | 'forget' | 'compact' | 'truncate'; readonly much: number };
  const step = fc.record<Step>({
    what: fc.constantFrom('append', 'append', 'append', 'forget', 'compact', 'truncate'),
    much: fc.nat(5),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const log = new CachedLog<Logged>(6);
      const lengths: number[] = [];
      let decided = 0;
      for (const { what, much } of steps) {
        if (what === 'append') {
          log.append({ payload: new Uint8Array(much) }, 1);
          lengths.push(much);
        }
        decided = what === 'forget' ? Math.min(log.lastIndex, decided + much) : decided;
        if (what === 'forget') log.forget(decided);
        if (what === 'compact') log.compactTo(Math.min(decided, log.base + much));
        if (what === 'truncate' && decided < log.lastIndex) {
          log.truncate(decided + 1);
          lengths.length = decided;
        }
        const sum = (from: number) => lengths.slice(from).reduce((total, length) => total + length, 0);
        expect(log.lastIndex).toBe(lengths.length);
        expect(log.bytes).toBe(sum(log.base));
        let firstHeld = log.lastIndex + 1;
        while (log.holds(firstHeld - 1)) firstHeld -= 1;
        expect(firstHeld).toBeGreaterThan(log.base);
        expect(firstHeld).toBeLessThanOrEqual(decided + 1);
        expect(log.heldBytes).toBe(sum(firstHeld - 1));
      }
    }),
  );
});
