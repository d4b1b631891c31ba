import { describe, expect, test } from 'vitest';
import * as fixture from './fixture.ts';
import { accepted, acknowledge, appendOf, bytes, entries, entry, persistEntries, send, sendNow } from './fixture.ts';
import { appendAsLeader, broadcastAppend, onAppendReply, replicate } from './replication.ts';
import type { RaftState } from './state.ts';

const heartbeatTimer = fixture.timer('heartbeat', 50);

/** The appends that went to one peer, as (prevIndex, terms of the entries). */
function sentTo(state: RaftState, peer: string): [number, number[]][] {
  return state
    .takeEffects()
    .flatMap((effect) =>
      effect.kind === 'send' && effect.to === peer && effect.msg.type === 'append'
        ? [[effect.msg.prevIndex, effect.msg.entries.map(({ term }) => term)] as [number, number[]]]
        : [],
    );
}

/** Puts `count` batches into the log of a leader, unsent. */
function fill(state: RaftState, count: number): void {
  for (let i = 0; i < count; i += 1) appendAsLeader(state, bytes(`b${i}`));
  state.takeEffects();
}

describe('a write', () => {
  // Dissertation, 10.2.1: the leader sends in parallel with its own disk write; its own copy counts once that is done.
  test('is persisted, acknowledged to itself behind the barrier, and sent to all without waiting', () => {
    const state = fixture.settledLeaderWith();
    appendAsLeader(state, bytes('x'));
    replicate(state);
    const append = appendOf({ term: 1, prevIndex: 1, prevTerm: 1, entries: [entry(1, 'x')], commitIndex: 1 });
    expect(state.takeEffects()).toEqual([
      persistEntries(2, [entry(1, 'x')]),
      send('n1', accepted({ term: 1, prevIndex: 1, matchIndex: 2 })),
      sendNow('n2', append),
      sendNow('n3', append),
    ]);
    expect(state).toMatchObject({ commitIndex: 1 });
    expect(state.progress.get('n2')).toMatchObject({ state: 'replicate', nextIndex: 3, matchIndex: 1 });
  });

  // Section 5.3 and 10.2.2: a stream of appends, none of which waits for the answer to the one before.
  test('follows the one before at once: the stream is pipelined', () => {
    const state = fixture.settledLeaderWith();
    appendAsLeader(state, bytes('x'));
    replicate(state);
    appendAsLeader(state, bytes('y'));
    replicate(state);
    expect(sentTo(state, 'n2')).toEqual([
      [1, [1]],
      [2, [1]],
    ]);
  });

  // Section 5.3: heartbeats carry what a follower lacks; one that lacks nothing still hears of its leader.
  test('heartbeats go to all, with the timer of the next one', () => {
    const state = fixture.settledLeaderWith();
    broadcastAppend(state);
    const heartbeat = appendOf({ term: 1, prevIndex: 1, prevTerm: 1, commitIndex: 1 });
    expect(state.takeEffects()).toEqual([sendNow('n2', heartbeat), sendNow('n3', heartbeat), heartbeatTimer]);
  });

  // Dissertation, 10.2.2: as many entries as there are, up to a limit, so that heartbeats stay frequent.
  test('one message carries at most so many entries; the answer brings the rest', () => {
    const state = fixture.settledLeaderWith({ maxEntriesPerMessage: 2 });
    fill(state, 5);
    replicate(state);
    expect(sentTo(state, 'n2')).toEqual([[1, [1, 1]]]);
    acknowledge(state, 'n2', 3);
    expect(sentTo(state, 'n2')).toEqual([[3, [1, 1]]]);
    acknowledge(state, 'n2', 5);
    expect(sentTo(state, 'n2')).toEqual([[5, [1]]]);
    acknowledge(state, 'n2', 6);
    expect(sentTo(state, 'n2')).toEqual([]);
  });

  // Flow control (etcd-io/raft: Inflights): a follower that answers nothing is not flooded.
  test('the stream to a silent follower ends 4096 entries ahead; heartbeats go on', () => {
    const state = fixture.settledLeaderWith({ maxEntriesPerMessage: 10_000 });
    fill(state, 4096);
    replicate(state);
    fill(state, 5);
    expect(state.progress.get('n2')).toMatchObject({ matchIndex: 1, nextIndex: 4098 });
    replicate(state);
    expect(state.takeEffects()).toEqual([]);
    broadcastAppend(state);
    expect(sentTo(state, 'n2')).toEqual([[4097, []]]);
    acknowledge(state, 'n2', 4097);
    expect(sentTo(state, 'n2')).toEqual([[4097, [1, 1, 1, 1, 1]]]);
  });
});

describe('probing', () => {
  // Section 5.3 (dissertation, 3.5): a new leader does not know where the logs meet. Until it does, one message at a time (etcd-io/raft).
  test('a probe is not followed by another before it is answered, but for empty heartbeats', () => {
    const state = fixture.leaderWith({ log: [1] });
    appendAsLeader(state, bytes('x'));
    state.takeEffects();
    replicate(state);
    expect(state.takeEffects()).toEqual([]);
    broadcastAppend(state);
    expect(sentTo(state, 'n2')).toEqual([[1, []]]);
  });

  // Dissertation, 10.2.2: from then on the next index is moved with what is sent, and not with what is answered.
  test('its success starts the stream, with all that has gathered', () => {
    const state = fixture.leaderWith({ log: [1] });
    fill(state, 2);
    acknowledge(state, 'n2', 2);
    expect(sentTo(state, 'n2')).toEqual([[2, [2, 2]]]);
    expect(state.progress.get('n2')).toMatchObject({ state: 'replicate', matchIndex: 2, nextIndex: 5 });
  });

  // Section 5.3 (dissertation, 3.5): after a refusal the leader goes back, to the hint but never past what it just tried.
  test.each([
    { hintIndex: 2, next: 2, sent: [1, 2, 3, 4] },
    { hintIndex: 4, next: 4, sent: [3, 4] },
    { hintIndex: 9, next: 4, sent: [3, 4] },
    { hintIndex: 0, next: 1, sent: [1, 1, 2, 3, 4] },
  ])('a refused probe with hint $hintIndex sends all from $next on', ({ hintIndex, next, sent }) => {
    const state = fixture.leaderWith({ log: [1, 1, 2, 3] });
    onAppendReply(state, 'n2', fixture.refused({ term: 4, prevIndex: 4, hintIndex }));
    expect(sentTo(state, 'n2')).toEqual([[next - 1, sent]]);
    expect(state.progress.get('n2')).toMatchObject({ state: 'probe', probing: true, nextIndex: next });
  });

  test('a refusal of something else than the present probe is late, and changes nothing', () => {
    const state = fixture.leaderWith({ log: [1, 1, 2, 3] });
    onAppendReply(state, 'n2', fixture.refused({ term: 4, prevIndex: 4, hintIndex: 3 }));
    state.takeEffects();
    onAppendReply(state, 'n2', fixture.refused({ term: 4, prevIndex: 4, hintIndex: 1 }));
    expect(state.takeEffects()).toEqual([]);
    expect(state.progress.get('n2')).toMatchObject({ state: 'probe', nextIndex: 3 });
  });

  // A crash may take entries that were sent but never acknowledged; what was acknowledged stays (figure 2). Dissertation,
  // 10.2.2: where the consistency check fails in a stream, the next index goes back.
  test('a refusal in the stream goes back to probing, not below what was acknowledged', () => {
    const state = fixture.settledLeaderWith();
    fill(state, 3);
    replicate(state);
    state.takeEffects();
    onAppendReply(state, 'n2', fixture.refused({ term: 1, prevIndex: 4, hintIndex: 1 }));
    expect(sentTo(state, 'n2')).toEqual([[1, [1, 1, 1]]]);
    expect(state.progress.get('n2')).toMatchObject({ state: 'probe', nextIndex: 2, matchIndex: 1 });
  });

  test('a refusal in the stream of what was acknowledged since is late, and changes nothing', () => {
    const state = fixture.settledLeaderWith();
    fill(state, 3);
    replicate(state);
    acknowledge(state, 'n2', 4);
    state.takeEffects();
    onAppendReply(state, 'n2', fixture.refused({ term: 1, prevIndex: 3, hintIndex: 1 }));
    expect(state.takeEffects()).toEqual([]);
    expect(state.progress.get('n2')).toMatchObject({ state: 'replicate', nextIndex: 5, matchIndex: 4 });
  });
});

describe('late and false answers', () => {
  // Section 5.1: answers are for the term in which they were asked for.
  test('an answer of an earlier term acknowledges nothing', () => {
    const state = fixture.leaderWith({ log: [1, 1], term: 4 });
    onAppendReply(state, 'n2', accepted({ term: 4, matchIndex: 3, round: 9 }));
    expect(state.takeEffects()).toEqual([]);
    expect(state.progress.get('n2')).toMatchObject({ matchIndex: 0, round: 0 });
  });

  test('an answer that comes to a follower changes nothing', () => {
    const state = fixture.followerOf('n2', { log: [1, 1] });
    onAppendReply(state, 'n3', accepted({ term: 1, matchIndex: 2 }));
    expect(state.takeEffects()).toEqual([]);
    expect(state.commitIndex).toBe(0);
  });

  test('a late acknowledgement does not take back a later one', () => {
    const state = fixture.settledLeaderWith();
    fill(state, 3);
    acknowledge(state, 'n2', 4);
    acknowledge(state, 'n2', 2);
    expect(state.progress.get('n2')).toMatchObject({ matchIndex: 4, nextIndex: 5 });
  });

  test('nobody can acknowledge what the leader does not have', () => {
    const state = fixture.settledLeaderWith();
    expect(() => acknowledge(state, 'n2', 7)).toThrow("n2 acknowledges 7, past the leader's log");
  });

  test('only members are counted', () => {
    const state = fixture.settledLeaderWith();
    acknowledge(state, 'n9', 1);
    expect(state.takeEffects()).toEqual([]);
    expect([...state.progress.keys()]).toEqual(['n1', 'n2', 'n3']);
  });

  test('entries keep their bytes on the way', () => {
    const state = fixture.leaderWith({ log: [1, 1] });
    onAppendReply(state, 'n2', fixture.refused({ term: 2, prevIndex: 2, hintIndex: 1 }));
    expect(state.takeEffects()).toEqual([
      sendNow('n2', appendOf({ term: 2, entries: [...entries([1, 1]), entry(2, '')] })),
    ]);
  });
});
