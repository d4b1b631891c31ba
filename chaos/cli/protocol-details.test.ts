import { expect, test } from 'vitest';
import { loadProtocol } from '../catalog.ts';
import { detailsInWords, detailsOf } from './protocol-details.ts';

test('a protocol that runs with any number of replicas', async () => {
  const details = detailsOf(await loadProtocol('raft'));
  expect(details).toMatchObject({
    faultModel: 'crash',
    signs: false,
    defaultNodeCount: 5,
    tolerated: 2,
    nextSizes: null,
  });
  expect(detailsInWords(details)).toEqual([
    '5 replicas (or any other number) tolerate 2 crashed',
    expect.stringMatching(/^can: change the members of its group; hand over the lead; answer/),
  ]);
});

test('one that has several ways to a decision', async () => {
  const modes = { plain: 'as it is', fancy: 'as it may be' };
  const details = detailsOf({ ...(await loadProtocol('raft')), modes });
  expect(details.modes).toEqual(modes);
  expect(detailsInWords(details).slice(2)).toEqual(['--mode plain: as it is', '--mode fancy: as it may be']);
});

test('one that does not, that signs, and that can do nothing besides', async () => {
  const details = detailsOf({
    ...(await loadProtocol('raft')),
    ...{ faultModel: 'byzantine', signs: true, abilities: new Set(), defaultNodeCount: 4, tolerated: () => 1 },
    sizeFlaw: (count) => (count % 3 === 1 ? undefined : 'It needs 3f + 1.'),
  });
  expect(details.nextSizes).toEqual([7, 10, 13]);
  expect(detailsInWords(details)).toEqual([
    '4 replicas (or 7, 10, 13, ...) tolerate 1 malicious; they sign what they say',
  ]);
});
