/** A leader brings its snapshot to a follower that lacks what is no longer in the log. Dissertation, section 5.1. */
import { describe, expect, test } from 'vitest';
import { checkQuorum } from './election.ts';
import * as fixture from './fixture.ts';
import { accepted, appendOf, bytes, entry, refused, sendNow } from './fixture.ts';
import type { Progress } from './progress.ts';
import { onRead } from './reads.ts';
import { appendAsLeader, broadcastAppend, onAppendReply, replicate } from './replication.ts';
import { compactedLeader, load, loaded, pieceAt, sendingLeader, wanted } from './snapshot-fixture.ts';
import { onBeat, onInstallReply } from './snapshots.ts';
import type { RaftState } from './state.ts';

const heartbeatTimer = fixture.timer('heartbeat', 50);
/** What a follower hears that is sent a snapshot: nothing that its log could disagree with. */
const signOfLife = (round = 0) => appendOf({ term: 2, commitIndex: 7, round });

const progressOf = (state: RaftState, peer = 'n3') => state.progress.get(peer) as Progress;
const loadsOf = (state: RaftState) => state.takeEffects().filter(({ kind }) => kind === 'load');

/** The follower says that its log is empty. */
function refuse(state: RaftState, peer = 'n3'): void {
  onAppendReply(state, peer, refused({ term: 2, prevIndex: 3, hintIndex: 1 }));
}

describe('a follower that lacks what is no longer in the log', () => {
  // Section 5.1: the leader sends it a snapshot when it has discarded the next entry that it needs to send.
  test('is sent the newest snapshot, of which the first piece is read', () => {
    const state = compactedLeader();
    refuse(state);
    expect(state.takeEffects()).toEqual([load(6, 0)]);
    expect(progressOf(state)).toMatchObject({
      state: 'snapshot',
      matchIndex: 0,
      transfer: { offset: 0, loading: true },
    });
  });

  test('and has the entry before those that are left, needs none', () => {
    const state = compactedLeader();
    onAppendReply(state, 'n3', accepted({ term: 2, prevIndex: 3, matchIndex: 4 }));
    expect(state.takeEffects()).toEqual([
      sendNow(
        'n3',
        appendOf({
          term: 2,
          prevIndex: 4,
          prevTerm: 2,
          entries: ['e5', 'e6', 'e7'].map((text) => entry(2, text)),
          commitIndex: 7,
        }),
      ),
    ]);
  });

  // Figure 5.3: lastIncludedIndex, lastIncludedTerm, offset, data[], done.
  test('gets it piece by piece, each upon the answer to the one before', () => {
    const state = compactedLeader();
    refuse(state);
    state.takeEffects();
    for (const offset of [0, 8, 16]) {
      if (offset > 0) onInstallReply(state, 'n3', wanted(offset));
      if (offset > 0) expect(state.takeEffects()).toEqual([load(6, offset)]);
      loaded(state, offset);
      expect(state.takeEffects()).toEqual([sendNow('n3', pieceAt(offset))]);
    }
    expect(pieceAt(16)).toMatchObject({ index: 6, lastTerm: 2, bytes: bytes(' was'), last: true });
  });

  test('does not hold up the others, and gets no entries before it has installed it', () => {
    const state = sendingLeader();
    appendAsLeader(state, bytes('e8'));
    state.takeEffects();
    replicate(state);
    expect(state.takeEffects()).toEqual([
      sendNow('n2', appendOf({ term: 2, prevIndex: 7, prevTerm: 2, entries: [entry(2, 'e8')], commitIndex: 7 })),
    ]);
  });

  test('is found out by a heartbeat as well', () => {
    const state = compactedLeader();
    progressOf(state).nextIndex = 4;
    broadcastAppend(state);
    expect(state.takeEffects()).toEqual([
      sendNow('n2', appendOf({ term: 2, prevIndex: 7, prevTerm: 2, commitIndex: 7 })),
      load(6, 0),
      sendNow('n3', signOfLife()),
      heartbeatTimer,
    ]);
  });

  test('cannot be helped by a leader that has no snapshot of what is gone', () => {
    const state = compactedLeader();
    state.snapshot = undefined;
    expect(() => refuse(state)).toThrow('the log begins late, and there is no snapshot of what stood before');
  });
});

describe('a snapshot that is being sent', () => {
  // Section 6.2 and 6.4: it must not start an election, and its echo confirms reads. Every log begins behind index 0.
  test('goes with heartbeats that no log disagrees with, and that carry the round of reads', () => {
    const state = sendingLeader();
    onRead(state, 8);
    expect(state.takeEffects()).toEqual([
      sendNow('n2', appendOf({ term: 2, prevIndex: 7, prevTerm: 2, commitIndex: 7, round: 1 })),
      sendNow('n3', signOfLife(1)),
      heartbeatTimer,
    ]);
    expect(signOfLife()).toMatchObject({ prevIndex: 0, prevTerm: 0, entries: [] });
    fixture.acknowledge(state, 'n3', 0, 1);
    expect(state.takeEffects()).toEqual([fixture.read(8, 7)]);
  });

  test('is not ended by the answers to those, which acknowledge nothing', () => {
    const state = sendingLeader();
    fixture.acknowledge(state, 'n3', 0);
    fixture.acknowledge(state, 'n3', 3);
    expect(state.takeEffects()).toEqual([]);
    expect(progressOf(state)).toMatchObject({ state: 'snapshot', matchIndex: 3, transfer: { offset: 0 } });
  });

  test('is not ended by a late refusal', () => {
    const state = sendingLeader();
    refuse(state);
    expect(state.takeEffects()).toEqual([]);
    expect(progressOf(state)).toMatchObject({ state: 'snapshot', transfer: { offset: 0, loading: false } });
  });

  // A message may be lost; heartbeats come every 50 ms, and the shortest election time-out is 150.
  test('is read and sent again where no answer came for the shortest election time-out', () => {
    const state = sendingLeader(8);
    for (const loads of [[], [], [load(6, 8)], []]) {
      onBeat(state);
      expect(loadsOf(state)).toEqual(loads);
    }
    loaded(state, 8);
    expect(state.takeEffects()).toEqual([sendNow('n3', pieceAt(8))]);
    for (const loads of [[], [], [load(6, 8)]]) {
      onBeat(state);
      expect(loadsOf(state)).toEqual(loads);
    }
  });

  // Section 6.4: each read may begin a round, and a round is no sign that time has gone by.
  test('is not sent again for the rounds of reads', () => {
    const state = sendingLeader(8);
    for (let id = 1; id <= 30; id += 1) onRead(state, id);
    expect(loadsOf(state)).toEqual([]);
  });

  test('is not read twice at a time: a slow disk is not made slower', () => {
    const state = compactedLeader();
    refuse(state);
    state.takeEffects();
    for (let beat = 0; beat < 9; beat += 1) onBeat(state);
    expect(loadsOf(state)).toEqual([]);
  });

  test('begins anew for a follower that has lost its pieces, as one that was restarted has', () => {
    const state = sendingLeader(16);
    onInstallReply(state, 'n3', wanted(0));
    expect(state.takeEffects()).toEqual([load(6, 0)]);
    loaded(state, 0);
    expect(state.takeEffects()).toEqual([sendNow('n3', pieceAt(0))]);
  });

  test('is not sent twice because an answer came twice', () => {
    const state = sendingLeader(8);
    onInstallReply(state, 'n3', wanted(8));
    expect(state.takeEffects()).toEqual([]);
    expect(progressOf(state).transfer).toMatchObject({ offset: 8, loading: false });
  });

  test('goes on where an answer comes while a piece is read again; what is read of that is too late', () => {
    const state = sendingLeader(8);
    for (let beat = 0; beat < 3; beat += 1) broadcastAppend(state);
    state.takeEffects();
    onInstallReply(state, 'n3', wanted(16));
    expect(state.takeEffects()).toEqual([load(6, 16)]);
    loaded(state, 8);
    expect(state.takeEffects()).toEqual([]);
    loaded(state, 16);
    expect(state.takeEffects()).toEqual([sendNow('n3', pieceAt(16))]);
  });

  test('is another one than an answer speaks of: that one is late', () => {
    const state = sendingLeader();
    onInstallReply(state, 'n3', wanted(16, 2, 4));
    expect(state.takeEffects()).toEqual([]);
  });

  test('goes to two followers at once, each at its own pace; one that waits for what another waits for gets it too', () => {
    const state = compactedLeader({ members: 5 });
    refuse(state, 'n4');
    refuse(state, 'n5');
    expect(state.takeEffects()).toEqual([load(6, 0), load(6, 0)]);
    loaded(state, 0);
    const first = { ...pieceAt(0), configuration: state.configuration };
    expect(state.takeEffects()).toEqual([sendNow('n4', first), sendNow('n5', first)]);
    loaded(state, 0);
    expect(state.takeEffects()).toEqual([]);
    onInstallReply(state, 'n4', wanted(8));
    expect(state.takeEffects()).toEqual([load(6, 8)]);
    loaded(state, 8);
    expect(state.takeEffects()).toEqual([sendNow('n4', { ...pieceAt(8), configuration: state.configuration })]);
    expect(progressOf(state, 'n5').transfer).toMatchObject({ offset: 0, loading: false });
  });

  // Section 6.2 (CheckQuorum): who answers is alive.
  test('keeps a leader in office by its answers', () => {
    const state = sendingLeader();
    checkQuorum(state);
    onInstallReply(state, 'n3', wanted(8));
    checkQuorum(state);
    expect(state.role).toBe('leader');
    checkQuorum(state);
    expect(state.role).toBe('follower');
  });

  test('goes to members only', () => {
    const state = sendingLeader();
    onInstallReply(state, 'n9', wanted(8));
    expect(state.takeEffects()).toEqual([]);
  });
});
