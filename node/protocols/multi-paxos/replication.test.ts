import { describe, expect, test } from 'vitest';
import {
  accept,
  accepted,
  apply,
  ballot,
  leaderWith,
  ofKind,
  own,
  persist,
  promise,
  Replica,
  reject,
  sendNow,
  sent,
  sentTo,
  upTo,
  values,
} from './fixture.ts';

const members = ['n1', 'n2', 'n3', 'n4', 'n5'];

describe('a write', () => {
  test('goes to all at once, and is chosen when a majority has accepted it', () => {
    const leader = leaderWith();
    const msg = accept(own, { values: values('x') });
    const effects = leader.write(1, 'x');
    expect(effects).toContainEqual(sendNow('n2', msg));
    expect(effects).toContainEqual(sendNow('n3', msg));
    expect(effects).toContainEqual(persist({ kind: 'accept', ballot: own, from: 1, values: values('x'), chosenTo: 0 }));
    expect(ofKind('apply', effects)).toEqual([]);
    expect(leader.hear('n2', upTo(1))).toEqual([apply(1, 'x')]);
    expect(leader.hear('n3', upTo(1))).toEqual([]);
  });

  test('is turned away by whoever does not lead', () => {
    const follower = new Replica();
    expect(follower.write(1, 'x')).toEqual([reject(1)]);
    follower.hear('n2', accept(ballot(1, 'n2')));
    expect(follower.write(2, 'x')).toEqual([reject(2, 'n2')]);
  });

  test('is applied by a follower once the leader says that it is chosen', () => {
    const follower = new Replica();
    const theirs = ballot(1, 'n2');
    expect(ofKind('apply', follower.hear('n2', accept(theirs, { values: values('x', 'y') })))).toEqual([]);
    const effects = follower.hear('n2', accept(theirs, { from: 3, chosenTo: 1 }));
    expect(ofKind('apply', effects)).toEqual([apply(1, 'x')]);
  });

  // What was accepted under another ballot need not be what was chosen.
  test('that was accepted under another ballot is learned, and not taken', () => {
    const follower = new Replica();
    follower.hear('n2', accept(ballot(1, 'n2'), { values: values('x') }));
    const effects = follower.hear('n3', accept(ballot(2, 'n3'), { base: 2, chosenTo: 1 }));
    expect(ofKind('apply', effects)).toEqual([]);
    expect(sentTo('n3', effects)).toContainEqual({ type: 'learn', from: 1 });
  });

  // Flexible Paxos, section 3.
  test('is chosen by as many as a quorum of phase 2 takes', () => {
    const few = leaderWith({ members, quorums: { phase1: 3, phase2: 3 } });
    few.write(1, 'x');
    expect(few.hear('n2', upTo(1))).toEqual([]);
    expect(few.hear('n3', upTo(1))).toEqual([apply(1, 'x')]);
    const pair = leaderWith({ members, quorums: { phase1: 4, phase2: 2 } });
    pair.hear('n4', promise(own));
    pair.write(1, 'x');
    expect(pair.hear('n5', upTo(1))).toEqual([apply(1, 'x')]);
  });
});

describe('the window', () => {
  test('bounds what is proposed ahead of what is chosen to 128 slots', () => {
    const leader = leaderWith();
    for (let id = 1; id <= 130; id += 1) leader.write(id, `w${id}`);
    expect(leader.view().lastIndex).toBe(128);
    leader.hear('n2', upTo(64));
    expect(leader.view()).toMatchObject({ commitIndex: 64, lastIndex: 130 });
  });

  test('gives back what waits for it when the leader steps down', () => {
    const leader = leaderWith();
    for (let id = 1; id <= 130; id += 1) leader.write(id, 'x');
    const effects = leader.hear('n2', accept(ballot(2, 'n2')));
    expect(ofKind('reject', effects)).toEqual([reject(129, 'n2'), reject(130, 'n2')]);
  });
});

describe('room', () => {
  // Each value costs 32 bytes besides its payload.
  test('is for so many bytes that are not chosen, and always for one batch', () => {
    const leader = leaderWith({ maxUncommittedBytes: 80 });
    expect(ofKind('reject', leader.write(1, 'x'.repeat(100)))).toEqual([]);
    expect(leader.write(2, 'x')).toEqual([reject(2, 'n1')]);
    leader.hear('n2', upTo(1));
    for (const id of [3, 4]) expect(ofKind('reject', leader.write(id, '12345678'))).toEqual([]);
    expect(leader.write(5, '')).toEqual([reject(5, 'n1')]);
    leader.hear('n2', upTo(3));
    expect(ofKind('reject', leader.write(6, '12345678'))).toEqual([]);
  });
});

describe('what was lost', () => {
  test('goes again when an answer tells of the gap, and the stream goes on when that has come', () => {
    const leader = leaderWith();
    leader.write(1, 'a');
    leader.write(2, 'b');
    const gap = accepted(own, { to: 0, gap: true });
    expect(sent(leader.hear('n3', gap))).toEqual([['n3', accept(own, { values: values('a', 'b') })]]);
    // One at a time until it is answered, whatever else it says of the same gap.
    expect(sent(leader.hear('n3', gap))).toEqual([]);
    expect(sentTo('n3', leader.write(3, 'c'))).toEqual([]);
    const rest = accept(own, { from: 3, values: values('c'), chosenTo: 2 });
    expect(sent(leader.hear('n3', upTo(2)))).toEqual([['n3', rest]]);
    expect(sentTo('n3', leader.write(4, 'd'))).toEqual([accept(own, { from: 4, values: values('d'), chosenTo: 2 })]);
  });

  test('at the very end is noticed by the next heartbeat', () => {
    const leader = leaderWith();
    leader.write(1, 'a');
    expect(sentTo('n3', leader.timeout('heartbeat'))[0]).toEqual(accept(own, { from: 2 }));
    const again = leader.hear('n3', accepted(own, { to: 0, gap: true }));
    expect(sentTo('n3', again)).toEqual([accept(own, { values: values('a') })]);
  });

  test('of a probe goes again with the next heartbeat', () => {
    const leader = leaderWith();
    leader.write(1, 'a');
    leader.hear('n3', accepted(own, { to: 0, gap: true }));
    expect(sentTo('n3', leader.timeout('heartbeat'))[0]).toEqual(accept(own, { values: values('a') }));
  });

  test('by an acceptor with its memory is sent from what is not chosen on', () => {
    const leader = leaderWith();
    for (const [id, text] of [
      [1, 'a'],
      [2, 'b'],
      [3, 'c'],
    ] as const)
      leader.write(id, text);
    leader.hear('n3', upTo(3));
    leader.hear('n2', upTo(2));
    const effects = leader.hear('n3', accepted(own, { to: 0, gap: true }));
    expect(sentTo('n3', effects)).toEqual([]);
    expect(leader.view().commitIndex).toBe(3);
    expect(sentTo('n3', leader.write(4, 'd'))).toEqual([accept(own, { base: 4, values: values('d'), chosenTo: 3 })]);
  });

  test('and is not in memory any more is learned: what is sent begins anew behind what is chosen', () => {
    const leader = leaderWith({ logCacheBytes: 0 });
    leader.write(1, 'a');
    leader.hear('n2', upTo(1));
    const effects = leader.hear('n3', accepted(own, { to: 0, gap: true }));
    expect(sentTo('n3', effects)).toEqual([]);
    expect(sentTo('n3', leader.timeout('heartbeat'))[0]).toEqual(accept(own, { base: 2, chosenTo: 1 }));
    // An answer to what was sent before that says nothing of the slots behind.
    leader.write(2, 'b');
    expect(ofKind('apply', leader.hear('n3', upTo(2)))).toEqual([]);
    expect(ofKind('apply', leader.hear('n3', accepted(own, { base: 2, to: 2 })))).toEqual([apply(2, 'b')]);
  });
});

describe('messages', () => {
  test('carry no more values than they may', () => {
    const leader = leaderWith({ maxEntriesPerMessage: 2 });
    for (const id of [1, 2, 3]) leader.write(id, `${id}`);
    const effects = leader.hear('n3', accepted(own, { to: 0, gap: true }));
    expect(sentTo('n3', effects)).toEqual([accept(own, { values: values('1', '2') })]);
  });

  test('to acceptors that are equally far are one and the same, to be encoded once', () => {
    const [to2, to3] = [2, 3].map((n) => (effects: Parameters<typeof sentTo>[1]) => sentTo(`n${n}`, effects)[0]);
    const effects = leaderWith().write(1, 'x');
    expect(to2?.(effects)).toBe(to3?.(effects));
  });

  test('of other ballots, and of those that are no members, count for nothing', () => {
    const leader = leaderWith();
    leader.write(1, 'x');
    leader.hear('n9', upTo(1));
    leader.hear('n2', accepted(ballot(0, 'n1'), { to: 1 }));
    expect(leader.view().commitIndex).toBe(0);
  });
});
