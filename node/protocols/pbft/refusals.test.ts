import { expect, test } from 'vitest';
import { inView, Replica } from './fixture.ts';
import type { PbftMessage } from './messages.ts';
import {
  bytes,
  change,
  checkpoint,
  decided,
  digest,
  newView,
  propose,
  share,
  signed,
  stable,
  status,
} from './signed-fixture.ts';
import { windowSlots } from './state.ts';

const unsigned = signed('n3', bytes('something else'));
const otherBatch = { ...propose(1, 'a'), payload: bytes('b') };

const cases: readonly [why: string, messages: readonly PbftMessage[]][] = [
  ['invalid', [{ ...share('n3', 1, 'a'), signature: unsigned }]],
  ['invalid', [otherBatch]],
  ['invalid', [propose(1, 'a', 0, 'n3')]],
  ['invalid', [{ ...checkpoint('n3', 8), signature: unsigned }]],
  ['invalid', [checkpoint('n3', 9)]],
  ['invalid', [{ type: 'stable', checkpoint: stable(8, ['n3', 'n4']) }]],
  ['invalid', [{ ...change('n3', 1), signature: unsigned }]],
  ['invalid', [newView(1, [change('n3', 1)])]],
  ['invalid', [decided(1, ['a'], ['n3', 'n4'])]],
  ['early', [share('n3', 1, 'a', 1)]],
  ['early', [propose(1, 'a', 1)]],
  ['outside-window', [share('n3', windowSlots + 1, 'a')]],
  ['outside-window', [checkpoint('n3', 2 * windowSlots + 8, digest('any'))]],
  ['known', [share('n3', 1, 'a'), share('n3', 1, 'a')]],
  ['known', [propose(1, 'a'), propose(1, 'a')]],
  ['known', [decided(1, ['a']), decided(1, ['a'])]],
  ['known', [{ type: 'stable', checkpoint: stable(0) }]],
  ['unasked', [{ type: 'bodies', payloads: [bytes('a')] }]],
  ['unasked', [{ type: 'forward', payload: bytes('a') }]],
  ['unasked', [{ type: 'piece', slot: 8, piece: 0, bytes: bytes('a') }]],
  ['unanswerable', [{ type: 'fetch', from: 1 }]],
  ['unanswerable', [{ type: 'ask-bodies', digests: [digest('a')] }]],
  ['unanswerable', [{ type: 'fetch-piece', slot: 8, piece: 0 }]],
  ['over-allowance', Array<PbftMessage>(33).fill(status())],
];

test.each(cases)('counts as %s (case %#)', (why, messages) => {
  const replica = new Replica({ id: 'n2' });
  replica.hear('n3', ...messages);
  expect(replica.refused()).toEqual({ [why]: 1 });
});

test('what is of a view that is over counts as such', () => {
  const replica = inView(1, { id: 'n3' });
  replica.hear('n4', share('n4', 1, 'a'), propose(1, 'a'), change('n4', 1));
  expect(replica.refused()).toEqual({ 'old-view': 3 });
});

test('what a replica says to itself does not count', () => {
  const replica = new Replica({ id: 'n2' });
  replica.hear('n2', share('n2', 1, 'a'), share('n2', 1, 'a'), share('n2', 1, 'a', 1));
  expect(replica.refused()).toEqual({});
});
