/** Who contradicts itself is convicted by whoever is honest, and nobody else ever is. */
import { describe, expect, test } from 'vitest';
import type { NodeId } from '../../contract/ids.ts';
import amnesia from '../../malice/amnesia.ts';
import doubleVote from '../../malice/double-vote.ts';
import equivocate from '../../malice/equivocate.ts';
import type { Behaviour } from '../../malice/kit/behaviour.ts';
import misnumber from '../../malice/misnumber.ts';
import { contradictionInTexts } from './contradictions.ts';
import { Group, type Letter, Signer } from './group-fixture.ts';
import type { PbftMessage } from './messages.ts';
import { bytes, cryptoOf, first, origin } from './signed-fixture.ts';

const crypto = cryptoOf('n1');

/** What anybody makes of the evidence with the public keys: who has done what, and who says so. */
function convictions({ evidence }: Group): Record<NodeId, string[]> {
  const found: Record<NodeId, string[]> = {};
  for (const { by, culprit, statements } of evidence) {
    for (const { text, signature } of statements) {
      expect(crypto.verify(culprit, bytes(text), Uint8Array.from(Buffer.from(signature, 'hex')))).toBe(true);
    }
    expect(contradictionInTexts(statements[0].text, statements[1].text)).toBeDefined();
    found[culprit] = [...(found[culprit] ?? []), by];
  }
  return found;
}

function playedWith(behaviour: Behaviour, culprit: NodeId, nodes = 4): Group {
  const group = new Group({ nodes, trace: true, malicious: { [culprit]: { name: 'malicious', behaviour } } });
  for (let slot = 1; slot <= 3; slot += 1) {
    group.write(`b${slot}`);
    group.deliver();
  }
  return group;
}

describe.each([
  ['as primary', 'n1', 4],
  ['as backup', 'n4', 4],
  ['as primary of seven', 'n1', 7],
  ['as backup of seven', 'n6', 7],
])('%s', (_, culprit, nodes) => {
  test.each([
    ['votes twice', doubleVote],
    ['tells one half this and the other half that', equivocate],
    ['votes in wrong slots', misnumber],
  ])('who %s is convicted, and nobody else is', (__, behaviour) => {
    const found = convictions(playedWith(behaviour, culprit, nodes));
    const honest = first(nodes).filter((id) => id !== culprit);
    expect(Object.keys(found)).toEqual([culprit]);
    expect(honest).toEqual(expect.arrayContaining(found[culprit] ?? []));
  });
});

test('every honest replica convicts a primary that equivocates', () => {
  expect(new Set(convictions(playedWith(equivocate, 'n1'))['n1'])).toEqual(new Set(['n2', 'n3', 'n4']));
});

// n4 has shared in slot 1, and leaves view 0 as if it had not. What its share was others have heard.
test('who forgets in a VIEW-CHANGE what it has signed is convicted', () => {
  const group = new Group({ trace: true, malicious: { n4: { name: 'amnesia', behaviour: amnesia } } });
  group.write('a');
  group.deliver(({ msg }) => msg.type !== 'vote' || msg.phase === 'share');
  for (const id of ['n2', 'n3', 'n4']) for (let time = 0; time < 2; time += 1) group.actor(id).fire('progress');
  group.deliver();
  const found = convictions(group);
  expect(Object.keys(found)).toEqual(['n4']);
});

test('evidence is reported once for each culprit and kind, however often it contradicts itself', () => {
  const group = playedWith(doubleVote, 'n4');
  const of = group.evidence.map(({ by, culprit, statements }) => `${by} ${culprit} ${statements[0].text.slice(0, 10)}`);
  expect(new Set(of).size).toBe(of.length);
});

describe('nobody is convicted', () => {
  const n2 = new Signer('n2');
  const stranger = new Signer('n9');
  const hearing = (...messages: readonly (readonly [from: NodeId, msg: PbftMessage])[]): Group => {
    const group = new Group({ trace: true });
    for (const [from, msg] of messages) group.hear('n3', from, msg);
    return group;
  };
  const spoilt = (msg: PbftMessage): PbftMessage =>
    'signature' in msg ? { ...msg, signature: { signer: 'n2', bytes: new Uint8Array(64) } } : msg;
  const one = n2.vote('share', 0, 1, 'a');
  const other = n2.vote('share', 0, 1, 'b');

  test.each<[string, Group]>([
    ['by the same vote twice', hearing(['n2', one], ['n2', one])],
    ['by votes in two slots', hearing(['n2', one], ['n2', n2.vote('share', 0, 2, 'b')])],
    ['by a signature that is none', hearing(['n2', one], ['n2', spoilt(other)])],
    ['by two that are none', hearing(['n2', spoilt(one)], ['n2', spoilt(other)])],
    ['by who speaks in the name of another', hearing(['n4', spoilt(one)], ['n4', spoilt(other)])],
    ['who is no member', hearing(['n9', stranger.vote('share', 0, 1, 'a')], ['n9', stranger.vote('share', 0, 1, 'b')])],
  ])('%s', (_, group) => {
    expect(group.evidence).toEqual([]);
  });

  test('but for who has signed both, whoever brings it, and also where something spoilt came before', () => {
    expect(Object.keys(convictions(hearing(['n4', one], ['n4', other])))).toEqual(['n2']);
    expect(Object.keys(convictions(hearing(['n2', spoilt(one)], ['n2', one], ['n2', other])))).toEqual(['n2']);
    expect(Object.keys(convictions(hearing(['n2', one], ['n2', spoilt(one)], ['n2', other])))).toEqual(['n2']);
    expect(Object.keys(convictions(hearing(['n2', one], ['n2', spoilt(other)], ['n2', other])))).toEqual(['n2']);
  });
});

// Two checkpoints, two snapshots, two beginnings of a view: each is one that an honest replica says once.
test('what is said of states and of views convicts like votes', () => {
  const group = new Group({ trace: true, absent: ['n2'] });
  const n2 = new Signer('n2');
  const sign = (text: string) => n2.sign(bytes(text));
  for (const text of ['a', 'b']) {
    const digest = n2.digest(text);
    group.hear(
      'n3',
      'n2',
      { type: 'checkpoint', slot: 8, digest, signature: sign(`pbft checkpoint slot 8 history ${digest}`) },
      { type: 'saved', slot: 8, digest, signature: sign(`pbft saved slot 8 snapshot ${digest}`) },
    );
  }
  const changesOf = (ids: readonly NodeId[]) =>
    ids.map((id) => new Signer(id).change({ view: 1, slots: [], stable: { slot: 0, digest: origin, signatures: [] } }));
  for (const ids of [
    ['n1', 'n3', 'n4'],
    ['n1', 'n2', 'n4'],
  ])
    group.hear('n3', 'n2', n2.newView(1, changesOf(ids)));
  convictions(group);
  expect(group.evidence.map(({ culprit, statements }) => [culprit, statements[0].text.split(' ')[1]])).toEqual([
    ['n2', 'checkpoint'],
    ['n2', 'saved'],
    ['n2', 'new-view'],
  ]);
});

// They may be as long as a message may be, and who is malicious can say any number of them.
describe('of the beginnings of views', () => {
  const n2 = new Signer('n2');
  const changesOf = (view: number, ids: readonly NodeId[]) =>
    ids.map((id) => new Signer(id).change({ view, slots: [], stable: { slot: 0, digest: origin, signatures: [] } }));
  const one = (view: number, count = 3) => n2.newView(view, changesOf(view, first(count)));
  const other = (view: number, count = 3) => n2.newView(view, changesOf(view, first(count + 1).slice(1)));

  test.each([
    [1, []],
    [2, ['n2']],
    [5, ['n2']],
  ])('the last four of a replica are remembered: of five that of view %i convicts %j', (view, culprits) => {
    const group = new Group({ trace: true, absent: ['n2'] });
    for (const each of [1, 2, 3, 4, 5]) group.hear('n3', 'n2', one(each));
    group.hear('n3', 'n2', other(view));
    expect(Object.keys(convictions(group))).toEqual(culprits);
  });

  test('those are not looked into that are longer than any of an honest replica', () => {
    const group = new Group({ trace: true, absent: ['n2'] });
    group.hear('n3', 'n2', one(1, 5), other(1, 5));
    expect(convictions(group)).toEqual({});
    expect(group.actor('n3').view()).toMatchObject({ epoch: 0 });
  });
});

test('what is handed on is bounded, and ends with a conviction', () => {
  const group = new Group({ trace: true, absent: ['n4'] });
  group.write('a');
  group.deliver();
  const n4 = new Signer('n4');
  const handedOn = ({ msg }: Letter): boolean => msg.type === 'vote' && msg.signature.signer === 'n4';
  for (let time = 0; time < 50; time += 1) group.hear('n2', 'n4', n4.vote('share', 0, 1, 'b'));
  expect(group.letters.filter(handedOn).map(({ from, to }) => [from, to])).toEqual([
    ['n2', 'n1'],
    ['n2', 'n3'],
  ]);
  group.letters.length = 0;
  group.hear('n2', 'n4', n4.vote('share', 0, 1, 'a'));
  expect(Object.keys(convictions(group))).toEqual(['n4']);
  group.write('c');
  group.deliver(({ to }) => to !== 'n4');
  group.hear('n2', 'n4', n4.vote('share', 0, 2, 'b'));
  expect(group.letters.filter(handedOn)).toEqual([]);
});
