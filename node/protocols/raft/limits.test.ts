/**
 * How much a leader takes up, and how much of it goes into one message. The dissertation limits the latter (section 10.2.2:
 * one megabyte); the former is etcd's, `MaxUncommittedEntriesSize`.
 */
import { describe, expect, test } from 'vitest';
import { nothingDurable } from '../../contract/durable.ts';
import * as fixture from './fixture.ts';
import { accepted, appendOf, bytes, persistEntries, reject, send, sendNow } from './fixture.ts';
import { Raft } from './raft.ts';
import { appendAsLeader, replicate } from './replication.ts';
import { correctRules } from './rules.ts';
import type { RaftEffect } from './state.ts';

/** The leader of term 1 among three; its no-op is committed. */
function leader(setup: fixture.Setup): Raft {
  const raft = new Raft(fixture.configOf(setup), correctRules);
  raft.start(nothingDurable);
  raft.step({ kind: 'timeout', timer: 'election' });
  raft.step({ kind: 'message', from: 'n2', msg: { type: 'pre-vote-reply', term: 1, granted: true } });
  for (const from of ['n1', 'n2']) {
    raft.step({ kind: 'message', from, msg: { type: 'vote-reply', term: 1, granted: true } });
  }
  commit(raft);
  expect(raft.view()).toMatchObject({ role: 'leader', commitIndex: 1, lastIndex: 1 });
  return raft;
}

/** Whatever is in its log becomes committed. */
function commit(raft: Raft): void {
  const { lastIndex } = raft.view();
  for (const from of ['n1', 'n2']) {
    raft.step({ kind: 'message', from, msg: accepted({ term: 1, prevIndex: lastIndex, matchIndex: lastIndex }) });
  }
}

const write = (raft: Raft, length: number): readonly RaftEffect[] =>
  raft.step({ kind: 'request', id: 9, access: 'write', payload: new Uint8Array(length) });
const turnedAway = [reject(9, 'n1')];

describe('what waits for a majority must fit into memory', () => {
  test('what is more than that is turned away, and room is made by what is decided', () => {
    const raft = leader({ maxUncommittedBytes: 10, logCacheBytes: 0 });
    expect(write(raft, 6)).not.toEqual(turnedAway);
    expect(write(raft, 5)).toEqual(turnedAway);
    expect(write(raft, 4)).not.toEqual(turnedAway);
    expect(write(raft, 1)).toEqual(turnedAway);
    expect(raft.view()).toMatchObject({ commitIndex: 1, lastIndex: 3 });
    commit(raft);
    expect(write(raft, 10)).not.toEqual(turnedAway);
    expect(raft.view()).toMatchObject({ commitIndex: 3, lastIndex: 4 });
  });

  // Section 3.5 for what is taken up. What is turned away leaves no trace: its clients may try elsewhere at once.
  test('a batch that fits goes into the log and out to who streams; one that does not is answered, and nothing else', () => {
    const raft = leader({ maxUncommittedBytes: 10, logCacheBytes: 0 });
    const entries = [{ term: 1, payload: new Uint8Array(10) }];
    expect(write(raft, 10)).toEqual([
      persistEntries(2, entries),
      send('n1', accepted({ term: 1, prevIndex: 1, matchIndex: 2 })),
      sendNow('n2', appendOf({ term: 1, prevIndex: 1, prevTerm: 1, entries, commitIndex: 1 })),
    ]);
    const before = raft.view();
    expect(write(raft, 1)).toEqual(turnedAway);
    expect(raft.view()).toEqual(before);
    expect(before).toMatchObject({ role: 'leader', commitIndex: 1, lastIndex: 2 });
  });

  test('a single batch always fits, and then nothing does until it is decided', () => {
    const raft = leader({ maxUncommittedBytes: 10, logCacheBytes: 0 });
    expect(write(raft, 100)).not.toEqual(turnedAway);
    expect(write(raft, 1)).toEqual(turnedAway);
    commit(raft);
    expect(write(raft, 1)).not.toEqual(turnedAway);
  });

  test('what is decided and still in memory takes no room', () => {
    const raft = leader({ maxUncommittedBytes: 10, logCacheBytes: 50 });
    for (let count = 0; count < 9; count += 1) {
      write(raft, 10);
      commit(raft);
    }
    expect(write(raft, 6)).not.toEqual(turnedAway);
    expect(write(raft, 4)).not.toEqual(turnedAway);
    expect(write(raft, 1)).toEqual(turnedAway);
  });

  test('what others have decided while its own disk hangs takes room until that has flushed it', () => {
    const raft = leader({ maxUncommittedBytes: 10, logCacheBytes: 0 });
    const hear = (from: string, index: number) =>
      raft.step({ kind: 'message', from, msg: accepted({ term: 1, prevIndex: index, matchIndex: index }) });
    for (const from of ['n2', 'n3']) hear(from, 1);
    expect(write(raft, 6)).not.toEqual(turnedAway);
    for (const from of ['n2', 'n3']) hear(from, 2);
    expect(raft.view()).toMatchObject({ commitIndex: 2, lastIndex: 2 });
    expect(write(raft, 5)).toEqual(turnedAway);
    expect(write(raft, 4)).not.toEqual(turnedAway);
    hear('n1', 2);
    expect(write(raft, 6)).not.toEqual(turnedAway);
    expect(write(raft, 1)).toEqual(turnedAway);
  });

  test('reads take no room', () => {
    const raft = leader({ maxUncommittedBytes: 10, logCacheBytes: 0 });
    write(raft, 100);
    const effects = raft.step({ kind: 'request', id: 8, access: 'read', payload: bytes('r') });
    expect(effects.filter(({ kind }) => kind === 'reject')).toEqual([]);
  });

  // Section 5.4.2: without its no-op a new leader could not commit what fills it up.
  test('a new leader appends its no-op, however much it has inherited', () => {
    const state = fixture.leaderWith({ log: [1, 1, 1], maxUncommittedBytes: 1, logCacheBytes: 0 });
    expect(state.log.lastIndex).toBe(4);
  });
});

const mebibyte = 1 << 20;
/** The lengths of the payloads of each message to n2. */
const sentToN2 = (effects: readonly RaftEffect[]) =>
  effects.flatMap((effect) =>
    effect.kind === 'send' && effect.to === 'n2' && effect.msg.type === 'append'
      ? [effect.msg.entries.map(({ payload }) => payload.length / mebibyte)]
      : [],
  );

// Section 10.2.2 (pipelining); the limit in bytes is etcd's, `MaxInflightBytes`.
describe('what is on its way to one follower', () => {
  test('is not more than eight mebibytes and one message, until it answers', () => {
    const state = fixture.settledLeaderWith();
    const append = (length: number) => {
      appendAsLeader(state, new Uint8Array(length * mebibyte));
      replicate(state);
      return sentToN2(state.takeEffects());
    };
    expect([append(5), append(2), append(4), append(1), append(3)]).toEqual([[[5]], [[2]], [[4]], [], []]);
    fixture.acknowledge(state, 'n2', 2);
    expect(sentToN2(state.takeEffects())).toEqual([[1, 3]]);
    fixture.acknowledge(state, 'n2', 6);
    expect(sentToN2(state.takeEffects())).toEqual([]);
    expect(append(1)).toEqual([[1]]);
  });
});

describe('one message', () => {
  // What is too long for one frame would never arrive; a follower that is behind would hold up all others with it.
  test('carries no more than eight mebibytes, but for an entry that is longer alone', () => {
    const state = fixture.settledLeaderWith();
    for (const length of [5, 3, 1, 9, 1, 8]) appendAsLeader(state, new Uint8Array(length * mebibyte));
    state.takeEffects();
    replicate(state);
    expect(sentToN2(state.takeEffects())).toEqual([[5, 3]]);
    for (const [acknowledged, next] of [
      [3, [1]],
      [4, [9]],
      [5, [1]],
      [6, [8]],
    ] as const) {
      fixture.acknowledge(state, 'n2', acknowledged);
      expect(sentToN2(state.takeEffects())).toEqual([next]);
    }
  });
});
