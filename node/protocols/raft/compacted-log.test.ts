/** A log of which the first part is gone, and one that begins late after a restart. */
import { describe, expect, test } from 'vitest';
import { entries, entry } from './fixture.ts';
import { RaftLog } from './log.ts';

describe('the part of the log that is gone', () => {
  /** Entries of two bytes each: 1 and 2 in record 11, 3 and 4 in record 12, 5 and 6 in record 13. */
  function pairedLog(cacheBytes = 1000): RaftLog {
    const log = new RaftLog(cacheBytes);
    for (const [at, terms] of [
      [1, 1],
      [2, 2],
      [2, 3],
    ].entries()) {
      log.replaceFrom(2 * at + 1, entries(terms, 2 * at + 1), 11 + at);
    }
    return log;
  }
  const from0To7 = [0, 1, 2, 3, 4, 5, 6, 7];

  // Dissertation, section 5.1: what is compacted is described by the last index and term that it held.
  test('ends with an entry of which the term is known; those behind it keep their indexes, terms and records', () => {
    const log = pairedLog();
    log.compactTo(3);
    expect(log).toMatchObject({ base: 3, lastIndex: 6, lastTerm: 3, bytes: 6, heldBytes: 6 });
    expect(from0To7.map((index) => log.term(index))).toEqual([-1, -1, -1, 2, 2, 2, 3, -1]);
    expect(from0To7.map((index) => log.position(index))).toEqual([0, 0, 0, 0, 12, 13, 13, 0]);
    expect(from0To7.map((index) => log.size(index))).toEqual([0, 0, 0, 0, 2, 2, 2, 0]);
    expect(from0To7.filter((index) => log.holds(index))).toEqual([4, 5, 6]);
    expect(log.slice(4, 10)).toEqual([...entries([2], 4), ...entries([2, 3], 5)]);
    expect(() => log.entry(3)).toThrow('the log holds no entry 3 (it holds 4 to 6)');
    expect(() => log.slice(3, 2)).toThrow('the log holds no entry 3');
  });

  test('may be all of it: what comes next follows it', () => {
    const log = pairedLog();
    log.compactTo(6);
    expect(log).toMatchObject({ base: 6, lastIndex: 6, lastTerm: 3, bytes: 0, heldBytes: 0 });
    log.replaceFrom(7, entries([4], 7), 14);
    expect(log).toMatchObject({ base: 6, lastIndex: 7, lastTerm: 4, bytes: 2, heldBytes: 2 });
    expect(log.entry(7)).toEqual(entry(4, 'e7'));
    expect(log.position(7)).toBe(14);
  });

  test('grows, and never comes back', () => {
    const log = pairedLog();
    for (const index of [2, 2, 4]) log.compactTo(index);
    expect(log.base).toBe(4);
    expect(() => log.compactTo(3)).toThrow('entry 3 is not in the log, and cannot go');
    expect(() => log.compactTo(7)).toThrow('entry 7 is not in the log, and cannot go');
  });

  test('cannot be written to, and a conflict cuts off no more than what is behind it', () => {
    const log = pairedLog();
    log.compactTo(3);
    expect(() => log.replaceFrom(3, entries([5], 3), 20)).toThrow('or change what is gone up to 3');
    expect(() => log.replaceFrom(8, entries([5], 8), 20)).toThrow('would leave a gap after 6');
    log.replaceFrom(4, entries([5], 4), 20);
    expect(log).toMatchObject({ base: 3, lastIndex: 4, lastTerm: 5, bytes: 2, heldBytes: 2 });
  });

  // Section 5.3: a hint steps over a whole term, as far as the log knows of it.
  test('holds no first index of a term', () => {
    const log = pairedLog();
    log.compactTo(3);
    expect([4, 5, 6].map((index) => log.firstIndexOfTermAt(index))).toEqual([4, 4, 6]);
  });

  // Section 5.4.1, where nothing is left of the log but the term in which it ends.
  test('still says how up to date the log is', () => {
    const log = pairedLog();
    log.compactTo(6);
    expect([log.isUpToDate(6, 3), log.isUpToDate(5, 3), log.isUpToDate(9, 2), log.isUpToDate(1, 4)]).toEqual([
      true,
      false,
      false,
      true,
    ]);
  });

  test('is no part of what memory holds, whether it was forgotten before or not', () => {
    const log = pairedLog(4);
    log.forget(4);
    expect(log).toMatchObject({ bytes: 12, heldBytes: 4 });
    log.compactTo(3);
    expect(log).toMatchObject({ bytes: 6, heldBytes: 4 });
    expect(from0To7.filter((index) => log.holds(index))).toEqual([5, 6]);
    log.compactTo(5);
    expect(log).toMatchObject({ bytes: 2, heldBytes: 2 });
    expect(from0To7.filter((index) => log.holds(index))).toEqual([6]);
    log.replaceFrom(7, entries([3, 3], 7), 20);
    log.forget(8);
    expect(log).toMatchObject({ bytes: 6, heldBytes: 4 });
    expect([6, 7, 8].filter((index) => log.holds(index))).toEqual([7, 8]);
  });

  // Figure 13, step 7: the entire log is discarded.
  test('is all of it after a reset, and ends where that says', () => {
    const log = pairedLog(0);
    log.forget(2);
    log.reset(9, 7);
    expect(log).toMatchObject({ base: 9, lastIndex: 9, lastTerm: 7, bytes: 0, heldBytes: 0 });
    expect([6, 8, 9, 10].map((index) => log.term(index))).toEqual([-1, -1, 7, -1]);
    log.replaceFrom(10, entries([7], 10), 20);
    expect(log.entry(10)).toEqual(entry(7, 'e10'));
    log.reset(2, 1);
    log.replaceFrom(3, entries([1], 3), 21);
    expect(log.entry(3)).toEqual(entry(1, 'e3'));
  });
});

describe('how much of the log one message carries', () => {
  const log = new RaftLog(1000);
  log.replaceFrom(
    1,
    [3, 3, 50, 3, 3].map((length) => entry(1, 'x'.repeat(length))),
    1,
  );
  log.compactTo(1);

  test.each([
    { why: 'all that there is', from: 2, maxCount: 9, maxBytes: 1000, count: 4 },
    { why: 'so many', from: 2, maxCount: 2, maxBytes: 1000, count: 2 },
    { why: 'so many bytes, and no more', from: 2, maxCount: 9, maxBytes: 53, count: 2 },
    { why: 'a byte less, and an entry less', from: 2, maxCount: 9, maxBytes: 52, count: 1 },
    { why: 'one that is larger, alone', from: 3, maxCount: 9, maxBytes: 10, count: 1 },
    { why: 'none of those behind the end', from: 6, maxCount: 9, maxBytes: 1000, count: 0 },
    { why: 'none where it is far behind the end', from: 9, maxCount: 9, maxBytes: 1000, count: 0 },
  ])('$why', ({ from, maxCount, maxBytes, count }) => {
    expect(log.countFitting(from, maxCount, maxBytes)).toBe(count);
  });
});

describe('the records of earlier lives', () => {
  const replayed = (...written: readonly (readonly [from: number, terms: readonly number[]])[]): RaftLog => {
    const log = new RaftLog(1000);
    for (const [at, [from, terms]] of written.entries()) log.replay(from, entries(terms, from), 11 + at);
    return log;
  };

  test('may begin late: of what stood before, not even the term is known', () => {
    const log = replayed([5, [2, 2]], [7, [3]]);
    expect(log).toMatchObject({ base: 4, lastIndex: 7, lastTerm: 3, bytes: 6, heldBytes: 6 });
    expect([0, 3, 4, 5, 6, 7].map((index) => log.term(index))).toEqual([-1, -1, -1, 2, 2, 3]);
    expect([4, 5, 6, 7].map((index) => log.position(index))).toEqual([0, 11, 11, 12]);
  });

  // A term later a shorter log grew again, and the record of its first entries is among those that are gone.
  test('may go back behind where they began', () => {
    const log = replayed([5, [2, 2]], [3, [3]], [4, [3, 3]]);
    expect(log).toMatchObject({ base: 2, lastIndex: 5, lastTerm: 3, bytes: 6, heldBytes: 6 });
    expect([2, 3, 4, 5, 6].map((index) => log.term(index))).toEqual([-1, 3, 3, 3, -1]);
    expect(log.slice(3, 3)).toEqual(entries([3, 3, 3], 3));
    expect([3, 4, 5].map((index) => log.position(index))).toEqual([12, 13, 13]);
  });

  test('may go back to the first entry of all, before which the term is known', () => {
    const log = replayed([5, [2]], [1, [3]]);
    expect(log).toMatchObject({ base: 0, lastIndex: 1, lastTerm: 3 });
    expect([0, 1, 2].map((index) => log.term(index))).toEqual([0, 3, -1]);
  });

  test('replace what they overlap with, and leave no gap', () => {
    const log = replayed([5, [2, 2, 2]], [6, [3]]);
    expect(log).toMatchObject({ base: 4, lastIndex: 6, lastTerm: 3 });
    expect(() => log.replay(8, entries([3], 8), 13)).toThrow('entries at 8 would leave a gap after 6');
  });
});
