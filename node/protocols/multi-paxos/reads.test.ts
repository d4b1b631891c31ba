import { describe, expect, test } from 'vitest';
import {
  accept,
  accepted,
  ballot,
  candidateWith,
  leaderWith,
  ofKind,
  own,
  promise,
  Replica,
  read,
  refuse,
  reject,
  run,
  sentTo,
  upTo,
} from './fixture.ts';

describe('a read', () => {
  // Ongaro's dissertation, section 6.4: the index is taken first, then a round must prove that the leader still led.
  test('is answered when a majority has echoed a round that began after it had come', () => {
    const leader = leaderWith();
    leader.write(1, 'x');
    leader.hear('n2', upTo(1));
    expect(sentTo('n2', leader.read(2))[0]).toEqual(accept(own, { from: 2, chosenTo: 1, round: 1 }));
    expect(leader.hear('n2', upTo(1, { round: 0 }))).toEqual([]);
    expect(leader.hear('n3', upTo(0, { round: 1 }))).toEqual([read(2, 1)]);
  });

  test('that came later waits for a later round', () => {
    const leader = leaderWith();
    leader.read(1);
    leader.read(2);
    expect(leader.hear('n2', upTo(0, { round: 1 }))).toEqual([read(1, 0)]);
    expect(leader.hear('n3', upTo(0, { round: 1 }))).toEqual([]);
    expect(leader.hear('n3', upTo(0, { round: 2 }))).toEqual([read(2, 0)]);
  });

  test('is not helped by an echo of another ballot', () => {
    const leader = leaderWith();
    leader.read(1);
    expect(leader.hear('n2', { ...upTo(0, { round: 1 }), ballot: ballot(0, 'n1') })).toEqual([]);
  });

  // CASSANDRA-12126: an earlier leader may have answered from a value that this one has only found accepted.
  test('waits until all that was found accepted is chosen, and is answered from a state with that', () => {
    const leader = candidateWith();
    leader.hear('n2', promise(own, 0, [run(ballot(0, 'n2'), 1, 'a', 'b')]));
    expect(leader.read(1)).toEqual([]);
    leader.hear('n2', upTo(1, { round: 0 }));
    const effects = leader.hear('n3', upTo(2));
    expect(ofKind('read', effects)).toEqual([]);
    expect(sentTo('n2', effects)[0]).toMatchObject({ round: 1 });
    expect(leader.hear('n2', upTo(2, { round: 1 }))).toEqual([read(1, 2)]);
  });

  test('is turned away by whoever does not lead, or ceases to', () => {
    const follower = new Replica();
    follower.hear('n2', accept(ballot(1, 'n2')));
    expect(follower.read(1)).toEqual([reject(1, 'n2')]);
    const leader = candidateWith();
    leader.hear('n2', promise(own, 0, [run(ballot(0, 'n2'), 1, 'a')]));
    leader.read(2);
    expect(ofKind('reject', leader.hear('n3', refuse(own, ballot(2, 'n2'))))).toEqual([reject(2)]);
    const confirmed = leaderWith();
    confirmed.read(3);
    expect(ofKind('reject', confirmed.hear('n2', accept(ballot(2, 'n2'))))).toEqual([reject(3, 'n2')]);
  });

  // Flexible Paxos, section 3: each quorum of phase 2 meets all that could promise to another leader.
  test('needs as many echoes as a quorum of phase 2 has', () => {
    const members = ['n1', 'n2', 'n3', 'n4', 'n5'];
    const leader = candidateWith({ members, quorums: { phase1: 2, phase2: 4 } });
    leader.hear('n2', promise(own));
    leader.read(1);
    expect(leader.hear('n2', upTo(0, { round: 1 }))).toEqual([]);
    expect(leader.hear('n3', upTo(0, { round: 1 }))).toEqual([]);
    expect(leader.hear('n4', upTo(0, { round: 1 }))).toEqual([read(1, 0)]);
  });
});

// Paxos Made Live, section 5.2.
describe('with leases', () => {
  const leaseReads = { maxClockDrift: 0.2 };
  // A leader's clock may go at 0.8 and an acceptor's at 1.2 of the true pace: 150 * 0.8 / 1.2.
  const within = { mark: 1, ms: 100 };

  /** A leader whose first round n2 has echoed. */
  function leaseHolder() {
    const leader = leaderWith({ leaseReads });
    leader.hear('n2', upTo(0, { round: 1 }));
    return leader;
  }

  test('every heartbeat begins a round, and its time is remembered before it is sent', () => {
    const leader = candidateWith({ leaseReads });
    const kinds = leader
      .hear('n2', promise(own))
      .filter(({ kind }) => kind === 'mark' || kind === 'send')
      .map(({ kind }) => kind);
    expect(kinds.slice(0, 2)).toEqual(['mark', 'send']);
    expect(ofKind('mark', leader.timeout('heartbeat'))).toEqual([{ kind: 'mark', mark: 2, eager: true }]);
  });

  test('a read is answered by the clock, for a while after a round that a majority has echoed', () => {
    expect(leaseHolder().read(1)).toEqual([{ kind: 'read', id: 1, index: 0, within, eager: true }]);
  });

  test('a read that no round was confirmed for takes a round', () => {
    const leader = leaderWith({ leaseReads });
    const effects = leader.read(1);
    expect(ofKind('read', effects)).toEqual([]);
    expect(ofKind('mark', effects)).toEqual([{ kind: 'mark', mark: 2, eager: true }]);
  });

  test('a read that could not be answered in time takes a round, or is turned away', () => {
    const leader = leaseHolder();
    leader.read(1);
    expect(ofKind('mark', leader.step({ kind: 'lapsed', id: 1 }))).toHaveLength(1);
    expect(ofKind('read', leader.hear('n3', upTo(0, { round: 2 })))).toEqual([read(1, 0)]);
    leader.hear('n2', accept(ballot(2, 'n2')));
    expect(leader.step({ kind: 'lapsed', id: 2 })).toEqual([reject(2, 'n2')]);
  });

  // Whoever is told to prepare gets promises in spite of the lease.
  test('no lease outlasts the word to another replica that it is to lead', () => {
    const leader = leaseHolder();
    leader.order(8, { kind: 'transfer', to: 'n2' });
    expect(ofKind('read', leader.read(1))).toEqual([]);
    leader.timeout('transfer');
    expect(ofKind('read', leader.read(2))).toEqual([]);
    // Under its next ballot it may have one again, from a round of that.
    const next = ballot(5, 'n1');
    leader.hear('n3', refuse(own, ballot(4, 'n3')));
    leader.hear('n2', promise(next));
    expect(ofKind('read', leader.read(3))).toEqual([]);
    leader.hear('n2', accepted(next, { round: 1 }));
    expect(ofKind('read', leader.read(4))).toEqual([{ kind: 'read', id: 4, index: 0, within, eager: true }]);
  });

  test('whoever starts promises nothing to others for as long as a lease of before may go on', () => {
    const replica = new Replica({ leaseReads });
    expect(replica.hear('n2', { type: 'prepare', ballot: ballot(1, 'n2'), from: 1 })).toEqual([]);
    replica.timeout('hold');
    expect(replica.hear('n2', { type: 'prepare', ballot: ballot(1, 'n2'), from: 1 })).not.toEqual([]);
  });
});
