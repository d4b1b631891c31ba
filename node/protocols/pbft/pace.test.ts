import { describe, expect, test } from 'vitest';
import { Pace } from './pace.ts';

/** Of a group of four, ten beats at a time; a mean wait of more than two beats is long. */
const norm = { beatsAStretch: 10, remembered: 4, enough: 2, longWaitBeats: 2 };

/** One whole stretch, in which so many batches were done and so many waited at each beat: whether the primary was too slow. */
function stretch(pace: Pace, done: number, waiting: number, primary = 'n2'): boolean {
  pace.measure(primary);
  for (let count = 0; count < done; count += 1) pace.done(pace.stretch);
  return Array.from({ length: norm.beatsAStretch }, () => pace.beat(waiting)).some((isSlow) => isSlow);
}

/** After so many views with 100 batches each, of which 4 waited: the fifth part of a beat for each. */
function fastFor(views: number): Pace {
  const pace = new Pace(norm);
  for (let view = 0; view < views; view += 1) {
    pace.begin();
    expect(stretch(pace, 100, 4, `n${view + 1}`)).toBe(false);
  }
  return pace;
}

describe('a primary is too slow', () => {
  test.each([
    [49, 4, true],
    [50, 4, false],
    [10, 4, true],
    [300, 4, false],
  ])('where %i batches are done, of 100 before, while %i wait as ever: %s', (done, waiting, expected) => {
    const pace = fastFor(2);
    expect(stretch(pace, done, waiting)).toBe(expected);
    pace.begin();
    expect(stretch(pace, done, waiting)).toBe(expected);
  });

  test('not where less is done because less is asked for', () => {
    expect(stretch(fastFor(2), 10, 0)).toBe(false);
    // As long a wait for each as before, and twice as long.
    expect(stretch(fastFor(2), 25, 1)).toBe(false);
    expect(stretch(fastFor(2), 25, 2)).toBe(false);
    expect(stretch(fastFor(2), 25, 3)).toBe(true);
  });

  test('not where clients wait longer because more is done', () => {
    expect(stretch(fastFor(2), 150, 100)).toBe(false);
  });

  test('not by waits that are too short to tell', () => {
    const pace = new Pace(norm);
    stretch(pace, 100, 0);
    // Ten times as slow, for all that is known; but fifty took less than ten beats altogether before.
    expect(stretch(pace, 40, 0)).toBe(false);
    expect(stretch(pace, 10, 1)).toBe(true);
  });

  test('at the end of a stretch, and not before', () => {
    const pace = fastFor(2);
    pace.measure('n2');
    pace.done(pace.stretch);
    const said = Array.from({ length: 2 * norm.beatsAStretch }, () => pace.beat(4));
    expect(said.flatMap((isSlow, at) => (isSlow ? [at + 1] : []))).toEqual([norm.beatsAStretch]);
  });
});

describe('nothing is held against a primary', () => {
  test('that could bring nothing about: that is a matter of patience', () => {
    const pace = fastFor(2);
    for (let beat = 0; beat < 3 * norm.beatsAStretch; beat += 1) expect(pace.beat(4)).toBe(false);
  });

  test('of what was decided under it while clients had given up', () => {
    const pace = fastFor(2);
    pace.done(pace.stretch);
    for (let beat = 0; beat < norm.beatsAStretch; beat += 1) expect(pace.beat(4)).toBe(false);
  });

  // Where a group has stood still all of it is done at once.
  test.each([0, 20])('for what another did at once that had waited before it, %i more of it anew', (anew) => {
    const pace = new Pace(norm);
    const before = pace.stretch;
    pace.begin();
    for (let count = 0; count < 500; count += 1) pace.done(before);
    expect(stretch(pace, anew, 1)).toBe(false);
    for (const _again of [1, 2, 3]) expect(stretch(pace, 20, 3)).toBe(false);
  });

  test('of a stretch in which this replica had to catch up', () => {
    const pace = fastFor(2);
    pace.measure('n2');
    pace.done(pace.stretch);
    for (let beat = 1; beat < norm.beatsAStretch; beat += 1) pace.beat(4);
    pace.spoil();
    expect(pace.beat(4)).toBe(false);
  });

  test('of the time before its view', () => {
    const pace = fastFor(2);
    for (let beat = 1; beat < norm.beatsAStretch; beat += 1) pace.beat(4);
    pace.begin();
    expect(stretch(pace, 100, 4)).toBe(false);
  });
});

describe('what is asked for', () => {
  test('is forgotten once n primaries in a row were slower: then it is the network', () => {
    const pace = fastFor(1);
    const said = ['n2', 'n3', 'n4', 'n1', 'n2'].map((primary) => {
      pace.begin();
      return stretch(pace, 10, 4, primary);
    });
    expect(said).toEqual([true, true, true, false, false]);
  });

  test('is not forgotten while one primary stays slow', () => {
    const pace = fastFor(2);
    pace.begin();
    expect([1, 2, 3, 4, 5, 6].map(() => stretch(pace, 10, 4))).toEqual(Array(6).fill(true));
  });

  test('is what the best stretch of a primary was, also where it was slower after', () => {
    const pace = fastFor(2);
    pace.begin();
    stretch(pace, 300, 4);
    expect(stretch(pace, 140, 4)).toBe(true);
  });
});

// A malicious primary may be the only one that there ever was.
describe('as long as no more than f primaries are known', () => {
  test.each([
    [2, 4, false],
    [2, 5, true],
  ])('of %i batches done at each beat %i may wait, and be held against it: %s', (done, waiting, expected) => {
    expect(stretch(new Pace(norm), done * norm.beatsAStretch, waiting)).toBe(expected);
  });

  test('and no wait is too long for that from the next one on', () => {
    const pace = new Pace(norm);
    expect(stretch(pace, 10, 8)).toBe(true);
    pace.begin();
    expect(stretch(pace, 10, 8, 'n3')).toBe(false);
  });

  test('also where it is the same one that leads again', () => {
    const pace = new Pace(norm);
    expect(stretch(pace, 10, 8)).toBe(true);
    pace.begin();
    expect(stretch(pace, 10, 8)).toBe(true);
  });
});

// Where the network has become slow the next primary is no faster, and to come to it takes long.
describe('what it took to come to a view that is of use', () => {
  /** After twelve beats without a view and three in one that came to nothing, while clients waited. */
  function afterFifteen(waiting: number): Pace {
    const pace = fastFor(2);
    for (let beat = 0; beat < 12; beat += 1) pace.lose(waiting);
    pace.begin();
    for (let beat = 0; beat < 3; beat += 1) pace.beat(waiting);
    pace.begin();
    return pace;
  }

  test('it has twice before its primary is judged', () => {
    const pace = afterFifteen(4);
    expect([1, 2, 3, 4].map(() => stretch(pace, 10, 4))).toEqual([false, false, false, true]);
  });

  test('is nothing where nobody waited', () => {
    expect(stretch(afterFifteen(0), 10, 4)).toBe(true);
  });

  test('is not held for the one after', () => {
    const pace = afterFifteen(4);
    stretch(pace, 10, 4);
    pace.begin();
    expect(stretch(pace, 10, 4)).toBe(true);
  });
});
