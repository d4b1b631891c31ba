import { describe, expect, test } from 'vitest';
import { entries, entry } from './fixture.ts';
import { RaftLog } from './log.ts';

function logOf(terms: readonly number[]): RaftLog {
  const log = new RaftLog(1000);
  log.replaceFrom(1, entries(terms), 1);
  return log;
}

const termsOf = (log: RaftLog): number[] => log.slice(1, log.lastIndex).map(({ term }) => term);

describe('the log', () => {
  // Figure 2: the first index is 1. What stands before it has term 0, so that the first append's check holds.
  test('is numbered from 1; index 0 has term 0, and where there is no entry there is no term', () => {
    const log = logOf([1, 1, 3]);
    expect([0, 1, 2, 3, 4].map((index) => log.term(index))).toEqual([0, 1, 1, 3, -1]);
    expect(log).toMatchObject({ lastIndex: 3, lastTerm: 3 });
    expect(new RaftLog(1000)).toMatchObject({ lastIndex: 0, lastTerm: 0 });
  });

  test('gives the entry that stands at an index, and none that does not', () => {
    const log = logOf([1, 2]);
    expect(log.entry(2)).toEqual(entry(2, 'e2'));
    expect(() => log.entry(3)).toThrow('the log holds no entry 3 (it holds 1 to 2)');
    expect(() => log.entry(0)).toThrow('the log holds no entry 0');
  });

  test('slices at most as many entries as asked for', () => {
    const log = logOf([1, 2, 3, 4]);
    expect(log.slice(2, 2)).toEqual(entries([2, 3], 2));
    expect(log.slice(4, 10)).toEqual(entries([4], 4));
    expect(log.slice(5, 10)).toEqual([]);
  });

  // Section 5.3: a conflicting entry goes, and all that follow it.
  test.each([
    { from: 4, put: [3], after: [1, 1, 2, 3] },
    { from: 2, put: [3], after: [1, 3] },
    { from: 1, put: [], after: [] },
    { from: 3, put: [2, 2], after: [1, 1, 2, 2] },
  ])('putting $put at $from leaves $after', ({ from, put, after }) => {
    const log = logOf([1, 1, 2]);
    log.replaceFrom(from, entries(put, from), 2);
    expect(termsOf(log)).toEqual(after);
  });

  test.each([0, 5])('entries at %i would leave a gap', (from) => {
    expect(() => logOf([1, 1, 2]).replaceFrom(from, entries([3]), 2)).toThrow('would leave a gap after 3');
  });

  // Section 5.3, the last paragraphs: one refusal steps over a whole term.
  test.each([
    [[1, 1, 2, 2, 2, 4], 5, 3],
    [[1, 1, 2, 2, 2, 4], 6, 6],
    [[1, 1, 2, 2, 2, 4], 2, 1],
    [[7], 1, 1],
  ])('of %j the run of entry %i begins at %i', (terms, index, first) => {
    expect(logOf(terms).firstIndexOfTermAt(index)).toBe(first);
  });

  // Section 5.4.1.
  test.each([
    { own: [1, 2], lastIndex: 2, lastTerm: 2, yes: true },
    { own: [1, 2], lastIndex: 1, lastTerm: 2, yes: false },
    { own: [1, 2], lastIndex: 1, lastTerm: 3, yes: true },
    { own: [1, 2], lastIndex: 8, lastTerm: 1, yes: false },
  ])('(index $lastIndex, term $lastTerm) is up to date beside $own: $yes', ({ own, lastIndex, lastTerm, yes }) => {
    expect(logOf(own).isUpToDate(lastIndex, lastTerm)).toBe(yes);
  });
});

describe('the part of the log that is in memory', () => {
  /** Entries of two bytes each, one record an entry. */
  function longLog(cacheBytes: number, count = 6): RaftLog {
    const log = new RaftLog(cacheBytes);
    for (let index = 1; index <= count; index += 1) log.replaceFrom(index, entries([1], index), 10 + index);
    return log;
  }
  const held = (log: RaftLog) => [1, 2, 3, 4, 5, 6].filter((index) => log.holds(index));

  test('is all of it while it is undecided, however large', () => {
    const log = longLog(0);
    log.forget(0);
    expect(held(log)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test('is what was decided last, and what is not decided yet', () => {
    const log = longLog(4);
    log.forget(5);
    expect(held(log)).toEqual([5, 6]);
    expect(log.entry(5)).toEqual(entry(1, 'e5'));
    expect(() => log.entry(4)).toThrow('the log holds no entry 4 (it holds 5 to 6)');
    expect(() => log.slice(4, 2)).toThrow('the log holds no entry 4');
  });

  test('never lacks what is not decided, even where that is more than memory is to hold', () => {
    const log = longLog(4);
    log.forget(2);
    expect(held(log)).toEqual([3, 4, 5, 6]);
  });

  test('goes with what is replaced, and what comes in its place counts', () => {
    const log = longLog(4);
    log.forget(2);
    log.replaceFrom(4, entries([2], 4), 20);
    log.forget(4);
    expect(held(log)).toEqual([3, 4]);
    log.replaceFrom(5, entries([2], 5), 21);
    log.forget(5);
    expect(held(log)).toEqual([4, 5]);
  });

  test('the terms and the records of all entries are known', () => {
    const log = longLog(0);
    log.forget(6);
    log.replaceFrom(7, entries([3, 3], 7), 30);
    expect([0, 1, 6, 7, 8, 9].map((index) => log.term(index))).toEqual([0, 1, 1, 3, 3, -1]);
    expect([0, 1, 6, 7, 8, 9].map((index) => log.position(index))).toEqual([0, 11, 16, 30, 30, 0]);
    expect(log.firstIndexOfTermAt(6)).toBe(1);
  });

  test('what was decided and forgotten cannot be replaced', () => {
    const log = longLog(0);
    log.forget(3);
    expect(() => log.replaceFrom(3, entries([2], 3), 20)).toThrow('entry 3 was decided');
  });
});
