import { expect, test } from 'vitest';
import { type Durable, nothingDurable } from './contract/durable.ts';
import { afterWipe } from './lost-disk.ts';

test('a wiped disk that is empty still is a lost one', () => {
  expect(afterWipe(nothingDurable, 7)).toEqual({ records: [], firstPosition: 1, lost: 7 });
});

test.each<[string, Durable<string>]>([
  ['a record', { records: ['a vote'], firstPosition: 1 }],
  ['a record of a log whose beginning was given up', { records: ['a vote'], firstPosition: 9 }],
  ['the place of a log that was given up', { records: [], firstPosition: 9 }],
  ['a snapshot', { records: [], firstPosition: 1, snapshot: { index: 3, record: 'three', bytes: 4 } }],
])('one that holds %s again tells by that what the replica knows', (_, durable) => {
  expect(afterWipe(durable, 7)).toEqual(durable);
});
