import { expect, test } from 'vitest';
import { Recalls } from './recalls.ts';

/** Entries 1 and 2 are in record 11, 3 and 4 in record 12, and so on. */
const positionOf = (index: number): number => 10 + Math.ceil(index / 2);

function recallsOf() {
  const asked: number[] = [];
  return { asked, recalls: new Recalls<string>((position) => asked.push(position)) };
}

test('each record of a run is read once, and the run is complete when all have come', () => {
  const { asked, recalls } = recallsOf();
  recalls.begin('n2', 2, 5, positionOf);
  expect(asked).toEqual([11, 12, 13]);
  expect(recalls.take(13, 'third')).toEqual([]);
  expect(recalls.take(11, 'first')).toEqual([]);
  const records = new Map([
    [13, 'third'],
    [11, 'first'],
    [12, 'second'],
  ]);
  expect(recalls.take(12, 'second')).toEqual([{ to: 'n2', from: 2, last: 5, records }]);
  expect(recalls.take(12, 'second')).toEqual([]);
});

test('a record that nobody waits for completes nothing', () => {
  const { recalls } = recallsOf();
  expect(recalls.take(11, 'first')).toEqual([]);
  recalls.begin('n2', 1, 2, positionOf);
  expect(recalls.take(12, 'second')).toEqual([]);
  expect(recalls.take(11, 'first')).toHaveLength(1);
});

test('one record may serve several replicas', () => {
  const { recalls } = recallsOf();
  recalls.begin('n2', 1, 2, positionOf);
  recalls.begin('n3', 2, 4, positionOf);
  expect(recalls.take(11, 'first').map(({ to }) => to)).toEqual(['n2']);
  expect(recalls.take(12, 'second').map(({ to, from, last }) => [to, from, last])).toEqual([['n3', 2, 4]]);
});

test('what a replica asks for later takes the place of what was being read for it', () => {
  const { asked, recalls } = recallsOf();
  recalls.begin('n2', 1, 4, positionOf);
  recalls.take(11, 'first');
  recalls.begin('n2', 3, 4, positionOf);
  expect(asked).toEqual([11, 12, 12]);
  expect(recalls.take(12, 'second')).toEqual([{ to: 'n2', from: 3, last: 4, records: new Map([[12, 'second']]) }]);
  expect(recalls.take(12, 'second')).toEqual([]);
});
