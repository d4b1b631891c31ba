/** Schedules that have broken a version of this protocol; each is the smallest that was found. */
import { describe, expect, test } from 'vitest';
import { epochOf } from '../paxos/ballot.ts';
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
  Replica,
  refuse,
  sent,
  sentTo,
  upTo,
  values,
} from './fixture.ts';

// A late answer to what a replica asked for before it led tells it what a higher ballot has chosen since. Its next
// heartbeat says that slot 1 is chosen, under its own ballot, and n3 takes for chosen what it accepted under that.
test('a leader does not call chosen what it learned from others while it led', () => {
  const leader = leaderWith({ members: ['n1', 'n2', 'n3', 'n4', 'n5'] });
  const follower = new Replica({ id: 'n3', members: ['n1', 'n2', 'n3', 'n4', 'n5'] });
  const take = (effects: ReturnType<Replica['step']>) =>
    sentTo('n3', effects).flatMap((msg) => follower.hear('n1', msg));
  take(leader.write(1, 'mine'));
  // n2 leads under a higher ballot, of which neither has heard, and "theirs" is chosen by n2, n4 and n5.
  leader.hear('n4', { type: 'learned', from: 1, values: values('theirs'), chosenTo: 1 });
  const effects = take(leader.timeout('heartbeat'));
  const applied = ofKind('apply', effects).map(({ payload }) => Buffer.from(payload).toString());
  expect(applied).not.toContain('mine');
});

const joint: Value = { payload: encodeGroup({ voters: ['n1', 'n2', 'n4', 'n5', 'n6'], learners: [] }), kind: 'group' };

/** n1, elected by n1 and n2; it found the group of slot 1 accepted, and no-ops behind it up to slot 128, and all are chosen. */
function leaderBeforeNextGroup(setup = {}) {
  const leader = candidateWith(setup);
  const found = [joint, ...Array.from({ length: 127 }, () => noOp)];
  leader.hear('n2', promise(own, 0, [{ ballot: ballot(0, 'n9'), from: 1, values: found }]));
  return leader;
}

// An earlier leader had slot 129 chosen by n1's next group, and n4 and n5 know it: their promises say nothing of it.
test('a leader proposes nothing where members of the next group know that something was chosen', () => {
  const leader = leaderBeforeNextGroup();
  leader.hear('n2', upTo(64));
  leader.hear('n2', upTo(128));
  leader.hear('n4', promise(own, 129));
  leader.hear('n5', promise(own, 129));
  const effects = leader.write(1, 'new');
  // The leader may prepare anew, and learn; under this ballot it must not propose another value.
  const proposed = sentTo('n2', effects).filter((msg) => msg.type === 'accept' && msg.ballot.round === 1);
  expect(proposed.map((msg) => (msg.type === 'accept' ? [msg.from, ...msg.values] : []))).toEqual([]);
});

// As above, but n4 and n5 accepted slot 129 and do not know that it was chosen, and answered to a client.
test('a leader answers no read before a quorum of the next group has promised', () => {
  const leader = leaderBeforeNextGroup();
  leader.read(1);
  leader.hear('n2', upTo(64));
  const effects = [...leader.hear('n2', upTo(128))];
  for (const id of ['n4', 'n5']) effects.push(...leader.hear(id, accepted(own, { base: 129, to: 128, round: 1 })));
  expect(leader.view().commitIndex).toBe(128);
  expect(ofKind('read', effects)).toEqual([]);
});

// n1 handed over to n2 under ballot 1, prepared anew as 2.n1, and leads with a lease that n3 granted; the late word to n2
// has it stand as 2.n2.
describe('a lease', () => {
  test('is not ended by a handover that an earlier ballot asked for', () => {
    const leaseReads = { maxClockDrift: 0.01 };
    const n2 = new Replica({ id: 'n2', leaseReads });
    const n3 = new Replica({ id: 'n3', leaseReads });
    n3.timeout('hold');
    n2.timeout('hold');
    n2.hear('n1', accept(own));
    n3.hear('n1', accept(own));
    n3.hear('n1', prepare(ballot(2, 'n1')));
    n3.hear('n1', accept(ballot(2, 'n1'), { round: 1 }));
    const stands = [...n2.hear('n1', { type: 'hand-over', ballot: own })];
    const [asked] = sentTo('n3', stands);
    expect(asked).toMatchObject({ type: 'prepare', ballot: ballot(2, 'n2'), handover: own });
    const answers = asked === undefined ? [] : sent(n3.hear('n2', asked));
    expect(answers.filter(([, { type }]) => type === 'promise')).toEqual([]);
  });

  // Round 1 was confirmed before the group of slot 1 was in force.
  test('is confirmed by the group that is in force', () => {
    const leader = leaderBeforeNextGroup({ leaseReads: { maxClockDrift: 0.01 } });
    leader.hear('n2', upTo(0, { round: 1 }));
    leader.hear('n2', upTo(64));
    leader.hear('n2', upTo(128));
    expect(leader.view().commitIndex).toBe(128);
    expect(ofKind('read', leader.read(1))).toEqual([]);
  });
});

// What waits for the window is of no use to a candidate, which may never lead again.
test('a leader that has to prepare anew turns away what waits', () => {
  const leader = leaderWith();
  for (let id = 1; id <= 129; id += 1) leader.write(id, 'x');
  const effects = leader.hear('n3', refuse(own, ballot(2, 'n3')));
  expect(leader.view().role).toBe('candidate');
  expect(ofKind('reject', effects)).toEqual([{ kind: 'reject', id: 129 }]);
});

// A leader asks those again that have not promised with every heartbeat.
test('a follower that is asked again for the promise of whom it follows goes on to follow', () => {
  const follower = new Replica();
  follower.hear('n2', accept(ballot(1, 'n2')));
  follower.hear('n2', prepare(ballot(1, 'n2')));
  expect(follower.view().leader).toBe('n2');
});

// The checker of elections takes epochs for ballots.
test('two ballots of one round are two epochs, also those of replicas that came later', () => {
  const members = ['n1', 'n2', 'n3'];
  expect(epochOf({ round: 7, node: 'n4' }, members)).not.toBe(epochOf({ round: 7, node: 'n5' }, members));
});

// All that it would have to tell of in a promise has to fit into one.
test('an acceptor that lags accepts no more than some windows ahead of what it knows to be chosen', () => {
  const part = new Replica();
  const many = Array.from({ length: 64 }, () => noOp);
  let refused = 0;
  for (let from = 2; from < 3000 && refused === 0; from += 64) {
    const msg = accept(ballot(1, 'n2'), { base: 2, from, values: many, chosenTo: from - 1 });
    const [answer] = sentTo('n2', part.hear('n2', msg)).filter(({ type }) => type === 'accepted');
    if (answer?.type === 'accepted' && answer.gap) refused = from;
  }
  // Slot 1 is not known to be chosen, and eight windows of 128 slots follow it.
  expect(refused).toBe(2 + 15 * 64);
});

// n1 alone leads a group to which it does not belong any more, and nobody else knows that there is another.
test('a leader that is no member any more stays until a quorum of the next group knows that it decides', () => {
  const leader = leaderWith({ members: ['n1'] });
  leader.order(9, { kind: 'reconfigure', voters: ['n2', 'n3', 'n4'], learners: [] });
  for (const id of ['n2', 'n3', 'n4']) leader.hear(id, accepted(own));
  const before = leader.hear('n2', upTo(0));
  expect(leader.view().commitIndex).toBe(128);
  expect(ofKind('ordered', before)).toEqual([]);
  expect(leader.view().role).toBe('leader');
  leader.hear('n2', upTo(128, { chosenTo: 128 }));
  const effects = leader.hear('n3', upTo(128, { chosenTo: 128 }));
  expect(ofKind('ordered', effects)).toEqual([{ kind: 'ordered', id: 9 }]);
  expect(leader.view().role).toBe('follower');
});

// The first order was given up before anybody else knew of the group; the second must not be answered on that alone.
test('the same order given again is answered when a quorum of the group knows of it, and not at once', () => {
  const leader = leaderWith({ members: ['n1'] });
  leader.order(9, { kind: 'reconfigure', voters: ['n1', 'n2', 'n3'], learners: [] });
  for (const id of ['n2', 'n3']) leader.hear(id, accepted(own));
  expect(leader.view().commitIndex).toBe(128);
  expect(ofKind('ordered', leader.timeout('change'))).toHaveLength(1);
  const again = leader.order(10, { kind: 'reconfigure', voters: ['n1', 'n2', 'n3'], learners: [] });
  expect(ofKind('ordered', again)).toEqual([]);
  const effects = leader.hear('n2', upTo(128, { chosenTo: 128 }));
  expect(ofKind('ordered', effects)).toEqual([{ kind: 'ordered', id: 10 }]);
});

// Those who decided before may be gone: nobody else could tell it that their slots are all chosen.
test('a replica that starts again knows which group decides, where it has known it once', () => {
  const group: Value = { payload: encodeGroup({ voters: ['n3'], learners: [] }), kind: 'group' };
  const part = new Replica({ id: 'n3' });
  const found = [group, ...Array.from({ length: 127 }, () => noOp)];
  const heard = [
    ...part.hear('n1', accept(ballot(1, 'n1'), { values: found })),
    ...part.hear('n1', accept(ballot(1, 'n1'), { from: 129, chosenTo: 128 })),
  ];
  const records = ofKind('persist', heard).map(({ record }) => record);
  const again = new Replica({ id: 'n3', durable: { records, firstPosition: 1 } });
  expect(again.view().commitIndex).toBe(128);
  again.timeout('election');
  expect(again.view().role).toBe('leader');
});
