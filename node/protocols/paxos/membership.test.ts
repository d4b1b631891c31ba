import { describe, expect, test } from 'vitest';
import type { Order } from '../../contract/inputs.ts';
import { encodeGroup } from './group-codec.ts';
import { window } from './groups.ts';
import { Membership } from './membership.ts';
import { Peers } from './peers.ts';
import { cancel, effectsOf, rolesOf, timer } from './replica-fixture.ts';
import { noOp } from './value.ts';

function setup() {
  const roles = rolesOf();
  const { config, rules, out, learner, proposer } = roles;
  const peers = new Peers(config, learner);
  const membership = new Membership(config, rules, out, { learner, proposer, peers });
  const order = (...voters: string[]) => effectsOf(roles, () => membership.onOrder(7, reconfigure(voters)));
  const goOn = () => effectsOf(roles, () => membership.onProgress());
  return { ...roles, peers, membership, order, goOn };
}

const reconfigure = (voters: readonly string[]): Order => ({ kind: 'reconfigure', voters, learners: [] });
const error = (id: number, sentence: string) => ({ kind: 'ordered', id, error: sentence });

describe('an order', () => {
  test.each([
    { voters: [], flaw: 'nobody would be left to vote' },
    { voters: ['n 1'], flaw: '"n 1" is not the name of a replica' },
  ])('for what is no group is refused: $flaw', ({ voters, flaw }) => {
    expect(setup().order(...voters)).toEqual([error(7, `This cannot be a group: ${flaw}.`)]);
  });

  test('for the group that is there is done', () => {
    expect(setup().order('n3', 'n2', 'n1')).toEqual([{ kind: 'ordered', id: 7 }]);
  });

  test('to hand over has nobody to carry it out', () => {
    const { membership, out } = setup();
    expect(effectsOf({ out }, () => membership.onOrder(8, { kind: 'transfer', to: 'n2' }))).toEqual([
      error(8, 'In basic Paxos nobody leads: there is nothing to hand over.'),
    ]);
  });

  test('waits for another that is under way, here or elsewhere', () => {
    const one = setup();
    one.order('n1', 'n2');
    expect(one.order('n1', 'n3')).toEqual([error(7, 'Another order is being carried out.')]);
    const two = setup();
    two.learner.learn([{ payload: encodeGroup({ voters: ['n1', 'n2'], learners: [] }), kind: 'group' }]);
    expect(two.order('n1', 'n3')).toEqual([error(7, 'The group before is not in force yet; try again.')]);
  });

  test('to one who has no vote is refused', () => {
    const { learner, order } = setup();
    const group = encodeGroup({ voters: ['n2', 'n3'], learners: ['n1'] });
    learner.learn([{ payload: group, kind: 'group' }, ...Array.from({ length: window }, () => noOp)]);
    expect(order('n1')).toEqual([error(7, 'This replica has no vote in the group.')]);
  });
});

describe('a change', () => {
  test('goes ahead of all that waits, once the newcomers were heard of', () => {
    const { peers, order, goOn, proposer } = setup();
    proposer.wishes.add({ value: noOp, request: 1, withdrawn: false });
    expect(order('n1', 'n2', 'n4')).toEqual([timer('change', 6000)]);
    goOn();
    expect(proposer.wishes.waitingCount).toBe(1);
    peers.hear('n4', 0);
    goOn();
    expect(proposer.wishes.take()?.value.kind).toBe('group');
  });

  test('is done when the group before decides nothing more and a quorum of the new one knows all that it decided', () => {
    const { peers, order, goOn, proposer, membership, learner } = setup();
    order('n2', 'n3');
    goOn();
    const wish = proposer.wishes.take();
    if (wish === undefined) throw new Error('nothing is wanted');
    learner.learn([wish.value]);
    membership.onGranted(wish, 1);
    learner.learn(Array.from({ length: window - 2 }, () => noOp));
    expect(goOn()).toEqual([]);
    learner.learn([noOp]);
    for (const id of ['n2', 'n3']) peers.hear(id, window - 1);
    expect(goOn()).toEqual([]);
    peers.hear('n2', window);
    expect(goOn()).toEqual([]);
    peers.hear('n3', window);
    expect(goOn()).toEqual([{ kind: 'ordered', id: 7 }, cancel('change')]);
  });

  test('is given up where a newcomer does not come', () => {
    const { order, membership, out, proposer } = setup();
    order('n1', 'n4', 'n5');
    expect(effectsOf({ out }, () => membership.onTimeout())).toEqual([
      error(7, 'The change was given up, for nothing was heard of n4, n5.'),
      cancel('change'),
    ]);
    expect(proposer.wishes.waitingCount).toBe(0);
  });

  test('is given up where no quorum answers; it is not proposed again, but may be chosen yet', () => {
    const { order, goOn, membership, out, proposer } = setup();
    order('n1', 'n2');
    goOn();
    const wish = proposer.wishes.take();
    expect(effectsOf({ out }, () => membership.onTimeout())).toEqual([
      error(7, 'The change was given up, for no quorum answered; it may come about yet.'),
      cancel('change'),
    ]);
    expect(wish?.withdrawn).toBe(true);
  });
});

describe('who is there', () => {
  test('is whoever was heard of within two election time-outs, by the heartbeats of this replica', () => {
    const { peers } = setup();
    peers.hear('n4', 3);
    for (let beat = 0; beat < 12; beat += 1) peers.onBeat();
    expect(peers.wasHeardOf('n4')).toBe(true);
    expect(peers.names).toEqual(['n2', 'n3', 'n4']);
    peers.onBeat();
    expect(peers.wasHeardOf('n4')).toBe(false);
    expect(peers.names).toEqual(['n2', 'n3']);
  });

  test('and the one that knows most is asked for what this replica lacks', () => {
    const { peers } = setup();
    expect(peers.ahead).toBeUndefined();
    peers.hear('n2', 3);
    peers.hear('n3', 7);
    peers.hear('n3', 5);
    expect(peers.ahead, 'who started again may know less').toEqual({ node: 'n3', chosenTo: 5 });
  });
});
