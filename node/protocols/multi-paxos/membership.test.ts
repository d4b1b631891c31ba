import { describe, expect, test } from 'vitest';
import type { Group } from '../../contract/view.ts';
import { encodeGroup } from '../paxos/group-codec.ts';
import { noOp, type Value } from '../paxos/value.ts';
import {
  accept,
  accepted,
  ballot,
  candidateWith,
  leaderWith,
  ofKind,
  own,
  prepare,
  promise,
  type Replica,
  read,
  run,
  type Setup,
  sent,
  sentTo,
  timer,
  upTo,
  value,
} from './fixture.ts';
import type { MultiPaxosMessage } from './messages.ts';

const reconfigure = (voters: readonly string[], learners: readonly string[] = []) =>
  ({ kind: 'reconfigure', voters, learners }) as const;

const groupValue = (voters: readonly string[], learners: readonly string[] = []): Value => {
  const group: Group = { voters, learners };
  return { payload: encodeGroup(group), kind: 'group' };
};

/** A leader that was ordered to have n4 vote in the place of n3, and has heard of n4. */
function changing(setup: Setup = {}): Replica {
  const leader = leaderWith(setup);
  leader.order(9, reconfigure(['n1', 'n2', 'n4']));
  leader.timeout('heartbeat');
  leader.hear('n4', accepted(own));
  return leader;
}

/** The same when that group is chosen, in slot 1, and all slots before it comes into force are, too. */
function changed(): Replica {
  const leader = changing();
  leader.hear('n2', upTo(1));
  leader.hear('n2', upTo(128));
  leader.hear('n2', upTo(128, { chosenTo: 128 }));
  return leader;
}

/** The value of a slot among some messages. */
function proposedIn(slot: number, messages: readonly MultiPaxosMessage[]): Value | undefined {
  const found = messages.flatMap((msg) => (msg.type === 'accept' ? [msg.values[slot - msg.from]] : []));
  return found.find((each) => each !== undefined);
}

describe('a change of the group', () => {
  test('begins with a newcomer that is sent what is proposed, and proposes the group when that has caught up', () => {
    const leader = leaderWith();
    const begins = leader.order(9, reconfigure(['n4', 'n2', 'n1']));
    expect(begins).toEqual([timer('change', 6000)]);
    const beat = leader.timeout('heartbeat');
    expect(sentTo('n4', beat)[0]).toEqual(accept(own));
    const effects = leader.hear('n4', accepted(own));
    const proposal = accept(own, { values: [groupValue(['n1', 'n2', 'n4'])] });
    expect(sentTo('n2', effects)).toEqual([proposal]);
    expect(sentTo('n4', effects)).toEqual([proposal]);
  });

  // Paxos Made Simple, section 3: the state machine may be anything that decides the group of slot s by slot s - alpha.
  test('is decided by the old group, and the slots up to where the new one begins are filled', () => {
    const leader = changing();
    expect(ofKind('apply', leader.hear('n4', upTo(1)))).toEqual([]);
    const effects = leader.hear('n2', upTo(1));
    expect(ofKind('apply', effects)).toHaveLength(1);
    expect(leader.view()).toMatchObject({ commitIndex: 1, lastIndex: 128 });
    const fill = sentTo('n2', effects).flatMap((msg) => (msg.type === 'accept' ? msg.values : []));
    expect(fill).toEqual(Array.from({ length: 127 }, () => noOp));
    expect(leader.view().group).toEqual({ voters: ['n1', 'n2', 'n3', 'n4'], learners: [] });
  });

  test('comes into force when the slots before it are chosen, and is done when a quorum of its own knows that', () => {
    const leader = changing();
    leader.hear('n2', upTo(1));
    expect(ofKind('ordered', leader.hear('n2', upTo(127)))).toEqual([]);
    expect(ofKind('ordered', leader.hear('n2', upTo(128)))).toEqual([]);
    const knows = upTo(128, { chosenTo: 128 });
    expect(ofKind('ordered', leader.hear('n3', knows)), 'n3 is a member no more').toEqual([]);
    expect(ofKind('ordered', leader.hear('n2', knows))).toEqual([{ kind: 'ordered', id: 9 }]);
    expect(leader.view().group).toEqual({ voters: ['n1', 'n2', 'n4'], learners: [] });
  });

  // Who decides a slot must have promised, or what it accepted before may be overwritten.
  test('proposes nothing in its slots before a quorum of it has promised, and counts its voters alone', () => {
    const leader = changing();
    const asked = leader.hear('n2', upTo(1));
    expect(sentTo('n4', asked)).toContainEqual(prepare(own, 2));
    leader.hear('n2', upTo(128));
    leader.write(1, 'x');
    expect(leader.view()).toMatchObject({ commitIndex: 128, lastIndex: 129 });
    leader.hear('n3', upTo(129));
    expect(leader.view().commitIndex).toBe(128);
    leader.hear('n4', upTo(129));
    expect(leader.view().commitIndex).toBe(129);
  });

  test('waits for the promises of its voters where they are others', () => {
    const leader = leaderWith();
    leader.order(9, reconfigure(['n1', 'n4', 'n5']));
    leader.timeout('heartbeat');
    for (const id of ['n4', 'n5']) leader.hear(id, accepted(own));
    leader.hear('n2', upTo(1));
    leader.hear('n2', upTo(128));
    leader.write(1, 'x');
    expect(leader.view().lastIndex).toBe(128);
    const effects = leader.hear('n4', promise(own));
    expect(leader.view().lastIndex).toBe(129);
    expect(sentTo('n5', effects)).toHaveLength(1);
  });

  test('has reads confirmed, and the leader kept, by both groups until the new one is in force', () => {
    const leader = leaderWith();
    leader.order(9, reconfigure(['n1', 'n4', 'n5']));
    leader.timeout('heartbeat');
    for (const id of ['n4', 'n5']) leader.hear(id, accepted(own));
    leader.hear('n2', upTo(1));
    leader.read(1);
    expect(ofKind('read', leader.hear('n2', upTo(1, { round: 1 })))).toEqual([]);
    expect(ofKind('read', leader.hear('n4', upTo(1, { round: 1 })))).toEqual([read(1, 1)]);
    leader.timeout('quorum');
    leader.hear('n2', upTo(1));
    leader.timeout('quorum');
    expect(leader.view().role).toBe('follower');
  });

  test('takes account of what its voters have accepted in its slots', () => {
    const leader = leaderWith();
    leader.order(9, reconfigure(['n1', 'n4', 'n5']));
    leader.timeout('heartbeat');
    for (const id of ['n4', 'n5']) leader.hear(id, accepted(own));
    leader.hear('n2', upTo(1));
    leader.hear('n2', upTo(128));
    leader.write(1, 'x');
    const effects = leader.hear('n4', promise(own, 0, [run(ballot(0, 'n5'), 129, 'found')]));
    expect(proposedIn(129, sentTo('n4', effects))).toEqual(value('found'));
    expect(leader.view().lastIndex).toBe(130);
  });

  test('is refused where another is under way, or not in force, or cannot be', () => {
    const leader = changing();
    const refusals = (replica: Replica, voters: readonly string[], learners: readonly string[] = []) =>
      ofKind('ordered', replica.order(10, reconfigure(voters, learners))).map(({ error }) => error);
    expect(refusals(leader, ['n1'])).toEqual(['Another order is being carried out.']);
    expect(refusals(changed(), [])).toEqual(['This cannot be a group: nobody would be left to vote.']);
    expect(refusals(changed(), ['n1', 'n2', 'n4'])).toEqual([undefined]);
    const [flaw] = refusals(leaderWith({ quorums: { phase1: 2, phase2: 2 } }), ['n1', 'n2', 'n3', 'n4']);
    expect(flaw).toContain('This cannot be a group: must be more than 4 in sum');
    const next = candidateWith();
    next.hear('n2', promise(own, 0, [{ ballot: ballot(0, 'n2'), from: 1, values: [groupValue(['n1', 'n2'])] }]));
    expect(refusals(next, ['n1', 'n3'])).toEqual(['The group before is not in force yet; try again.']);
    next.hear('n2', upTo(1));
    expect(refusals(next, ['n1', 'n3'])).toEqual(['The group before is not in force yet; try again.']);
  });

  test('is given up after a while, for whoever did not catch up, or because the leader steps down', () => {
    const leader = leaderWith();
    leader.order(9, reconfigure(['n1', 'n2', 'n4']));
    const error = 'The change was given up, for n4 did not catch up.';
    expect(ofKind('ordered', leader.timeout('change'))).toEqual([{ kind: 'ordered', id: 9, error }]);
    const deposed = changing().hear('n2', accept(ballot(2, 'n2')));
    expect(ofKind('ordered', deposed)).toEqual([
      { kind: 'ordered', id: 9, error: 'The leader stepped down before the change was done; it may come about yet.' },
    ]);
  });

  test('is nothing for a replica that does not lead', () => {
    const error = 'This replica does not lead; nobody is known to lead.';
    expect(candidateWith().order(9, reconfigure(['n1']))).toEqual([{ kind: 'ordered', id: 9, error }]);
  });
});

describe('a member that leaves', () => {
  test('and leads, leads until it is out, and then has another stand', () => {
    const leader = leaderWith();
    leader.order(9, reconfigure(['n2', 'n3']));
    leader.hear('n2', upTo(1));
    leader.hear('n3', upTo(100));
    leader.hear('n2', upTo(128));
    leader.hear('n3', upTo(100, { chosenTo: 128 }));
    const effects = leader.hear('n2', upTo(128, { chosenTo: 128 }));
    expect(ofKind('ordered', effects)).toEqual([{ kind: 'ordered', id: 9 }]);
    expect(sent(effects)).toContainEqual(['n2', { type: 'hand-over', ballot: own }]);
    expect(leader.view().role).toBe('follower');
  });

  test('and comes again has promised nothing that counts', () => {
    const leader = leaderWith();
    leader.hear('n3', promise(own));
    leader.order(9, reconfigure(['n1', 'n2']));
    leader.hear('n2', upTo(1));
    leader.hear('n2', upTo(128));
    leader.hear('n2', upTo(128, { chosenTo: 128 }));
    leader.order(10, reconfigure(['n1', 'n2', 'n3']));
    leader.timeout('heartbeat');
    leader.hear('n3', accepted(own, { base: 129, to: 128, chosenTo: 128 }));
    const effects = leader.hear('n2', upTo(129));
    expect(leader.view().commitIndex).toBe(129);
    expect(sentTo('n3', effects)).toContainEqual(prepare(own, 130));
  });
});
