import { expect, test } from 'vitest';
import { ManualClock } from './manual-ports.ts';
import { Marks } from './marks.ts';

test('a window is open until its time has passed since the mark', () => {
  const clock = new ManualClock();
  const marks = new Marks(clock);
  marks.set(3);
  clock.pass(99);
  expect(marks.isWithin({ mark: 3, ms: 100 })).toBe(true);
  clock.pass(1);
  expect(marks.isWithin({ mark: 3, ms: 100 })).toBe(false);
});

test('a mark that was never set is long past', () => {
  expect(new Marks(new ManualClock()).isWithin({ mark: 1, ms: 1e9 })).toBe(false);
});

test('a mark that is set again is of that moment', () => {
  const clock = new ManualClock();
  const marks = new Marks(clock);
  marks.set(3);
  clock.pass(100);
  marks.set(3);
  expect(marks.isWithin({ mark: 3, ms: 50 })).toBe(true);
});

test('the oldest are forgotten, and one that was set again is not the oldest', () => {
  const marks = new Marks(new ManualClock());
  for (let mark = 1; mark <= 256; mark += 1) marks.set(mark);
  marks.set(1);
  marks.set(257);
  const known = (mark: number) => marks.isWithin({ mark, ms: 1 });
  expect([1, 2, 3, 257].map(known)).toEqual([true, false, true, true]);
});
