/** Changes of who belongs to the group. Dissertation, chapter 4. */
import { describe, expect, test } from 'vitest';
import type { Order } from '../../contract/inputs.ts';
import { type Configuration, emptyConfiguration, initialConfiguration } from './configuration.ts';
import { encodeConfiguration } from './configuration-codec.ts';
import { checkQuorum, onPreVoteReply, startPreVote } from './election.ts';
import * as fixture from './fixture.ts';
import {
  accepted,
  acknowledge,
  appendOf,
  apply,
  cancel,
  entry,
  persistEntries,
  persistVote,
  send,
  sendNow,
  stepDownTimers,
  timer,
} from './fixture.ts';
import { onChangeTimeout, onOrder, onProgress } from './membership.ts';
import type { Entry } from './messages.ts';
import { appendAsLeader, broadcastAppend, onAppend, onAppendReply, replicate } from './replication.ts';
import type { RaftState } from './state.ts';

const group = (fields: Partial<Configuration>): Configuration => ({ ...emptyConfiguration, ...fields });
const reconfigure = (voters: readonly string[], learners: readonly string[] = []): Order => ({
  kind: 'reconfigure',
  voters,
  learners,
});
const configurationEntry = (term: number, configuration: Configuration): Entry => ({
  term,
  payload: encodeConfiguration(configuration),
  kind: 'configuration',
});

/** Everybody who gets entries says that it stores all of them. */
function acknowledgeAll(state: RaftState): void {
  for (const id of [...state.progress.keys()]) {
    acknowledge(state, id, state.log.lastIndex);
    onProgress(state, id);
  }
}

/** The configurations that were appended, in order. */
function appended(state: RaftState): Configuration[] {
  const found: Configuration[] = [];
  for (let index = 1; index <= state.log.lastIndex; index += 1) {
    if (state.log.entry(index).kind === 'configuration') found.push(state.configurations.at(index));
  }
  return found;
}

const answers = (state: RaftState) => state.takeEffects().filter(({ kind }) => kind === 'ordered');

describe('a change by one voter', () => {
  // Section 4.1: in force as soon as it is in the log, and done when it is committed under its own majority.
  test('goes into the log, counts at once, and is answered once it is committed', () => {
    const state = fixture.settledLeaderWith({ log: [1] });
    const without = initialConfiguration(['n1', 'n2']);
    onOrder(state, 7, reconfigure(['n1', 'n2']));
    const entries = [configurationEntry(2, without)];
    expect(state.takeEffects()).toEqual([
      timer('change', 6000),
      persistEntries(3, entries),
      send('n1', accepted({ term: 2, prevIndex: 2, matchIndex: 3 })),
      sendNow('n2', appendOf({ term: 2, prevIndex: 2, prevTerm: 2, entries, commitIndex: 2 })),
    ]);
    expect(state.configuration).toEqual(without);
    expect(state.peers).toEqual(['n2']);
    expect([...state.progress.keys()]).toEqual(['n1', 'n2']);
    acknowledge(state, 'n1', 3);
    onProgress(state, 'n1');
    expect(state.commitIndex).toBe(2);
    expect(answers(state)).toEqual([]);
    acknowledge(state, 'n2', 3);
    onProgress(state, 'n2');
    expect(state.takeEffects()).toEqual([apply(3, ''), { kind: 'ordered', id: 7 }, cancel('change')]);
    expect(state).toMatchObject({ role: 'leader', commitIndex: 3, change: undefined });
  });

  test('to what is there already is done at once, without an entry', () => {
    const state = fixture.settledLeaderWith({ log: [1] });
    onOrder(state, 7, reconfigure(['n3', 'n2', 'n1']));
    expect(answers(state)).toEqual([{ kind: 'ordered', id: 7 }]);
    expect(state.log.lastIndex).toBe(2);
  });

  // Figure 4.3: the machine is told of nothing but a place in the order.
  test('is applied as nothing', () => {
    const state = fixture.settledLeaderWith({ log: [1] });
    onOrder(state, 7, reconfigure(['n1', 'n2']));
    state.takeEffects();
    acknowledgeAll(state);
    expect(state.takeEffects()).toContainEqual(fixture.apply(3, ''));
  });
});

describe('a new voter', () => {
  // Section 4.2.1: without that, a group of three and a slow fourth could commit nothing for a while.
  test('learns first, and votes once it has caught up', () => {
    const state = fixture.settledLeaderWith({ log: [1, 1, 1], maxEntriesPerMessage: 1 });
    onOrder(state, 7, reconfigure(['n1', 'n2', 'n3', 'n4']));
    expect(state.configuration).toEqual(group({ voters: ['n1', 'n2', 'n3'], learners: ['n4'] }));
    for (const id of ['n1', 'n2', 'n3']) {
      acknowledge(state, id, 5);
      onProgress(state, id);
    }
    // n4 has said nothing yet.
    expect(state.commitIndex).toBe(5);
    expect(state.configuration.voters).toEqual(['n1', 'n2', 'n3']);
    acknowledge(state, 'n4', 3);
    onProgress(state, 'n4');
    expect(state.configuration.voters).toEqual(['n1', 'n2', 'n3']);
    acknowledge(state, 'n4', 4);
    onProgress(state, 'n4');
    expect(state.configuration).toEqual(initialConfiguration(['n1', 'n2', 'n3', 'n4']));
    state.takeEffects();
    acknowledgeAll(state);
    expect(answers(state)).toEqual([{ kind: 'ordered', id: 7 }]);
  });

  // Section 4.2.1: the leader finds out at a heartbeat what the new one lacks; its log is empty.
  test('is asked by the next heartbeat how far it has come, and gets the log from there', () => {
    const state = fixture.settledLeaderWith({ log: [1] });
    onOrder(state, 7, reconfigure(['n1', 'n2', 'n3', 'n4']));
    expect(state.progress.get('n4')).toMatchObject({ state: 'probe', nextIndex: 4, matchIndex: 0 });
    acknowledge(state, 'n2', 3);
    acknowledge(state, 'n3', 3);
    state.takeEffects();
    broadcastAppend(state);
    const heartbeat = appendOf({ term: 2, prevIndex: 3, prevTerm: 2, commitIndex: 3 });
    expect(state.takeEffects()).toEqual([
      ...['n2', 'n3', 'n4'].map((peer) => sendNow(peer, heartbeat)),
      timer('heartbeat', 50),
    ]);
    onAppendReply(state, 'n4', fixture.refused({ term: 2, prevIndex: 3, hintIndex: 1 }));
    const entries = state.log.slice(1, 3);
    expect(state.takeEffects()).toEqual([sendNow('n4', appendOf({ term: 2, entries, commitIndex: 3 }))]);
    expect(state.progress.get('n4')).toMatchObject({ state: 'probe', probing: true, nextIndex: 1 });
  });

  // Section 4.2.1: a server without a vote is not counted in majorities.
  test('commits nothing as long as it learns', () => {
    const state = fixture.settledLeaderWith({ log: [1] });
    onOrder(state, 7, reconfigure(['n1', 'n2', 'n3'], ['n4', 'n5', 'n6']));
    acknowledgeAll(state);
    appendAsLeader(state, fixture.bytes('x'));
    replicate(state);
    state.takeEffects();
    // Four of six, and one of the three that vote.
    for (const id of ['n1', 'n4', 'n5', 'n6']) acknowledge(state, id, 4);
    expect(state.takeEffects()).toEqual([]);
    expect(state.commitIndex).toBe(3);
    acknowledge(state, 'n3', 4);
    expect(state.takeEffects()).toEqual([apply(4, 'x')]);
  });

  test('that does not catch up in time is named, and goes on learning', () => {
    const state = fixture.settledLeaderWith({ log: [1, 1, 1], maxEntriesPerMessage: 1 });
    onOrder(state, 7, reconfigure(['n1', 'n2', 'n3', 'n4']));
    expect(state.takeEffects()).toContainEqual(fixture.timer('change', 6000));
    acknowledge(state, 'n2', 5);
    onProgress(state, 'n2');
    onChangeTimeout(state);
    expect(answers(state)).toEqual([
      { kind: 'ordered', id: 7, error: 'The change was given up, for n4 did not catch up.' },
    ]);
    expect(state.configuration.learners).toEqual(['n4']);
  });
});

describe('a change by several voters', () => {
  // Section 4.3: from C-old through C-old,new to C-new, each committed before the next.
  test('goes through a joint configuration, which takes a majority of both', () => {
    const state = fixture.settledLeaderWith({ members: 5, log: [1] });
    onOrder(state, 7, reconfigure(['n1', 'n2', 'n3']));
    const joint = group({
      voters: ['n1', 'n2', 'n3'],
      outgoing: ['n1', 'n2', 'n3', 'n4', 'n5'],
      autoLeave: true,
    });
    expect(state.configuration).toEqual(joint);
    // Three of five, and only one of the three: not enough.
    for (const id of ['n1', 'n4', 'n5']) {
      acknowledge(state, id, 3);
      onProgress(state, id);
    }
    expect(state.commitIndex).toBe(2);
    state.takeEffects();
    acknowledge(state, 'n2', 3);
    onProgress(state, 'n2');
    expect(state.commitIndex).toBe(3);
    expect(state.configuration).toEqual(initialConfiguration(['n1', 'n2', 'n3']));
    // Those who are gone hear no more of it.
    const entries = [configurationEntry(2, state.configuration)];
    const leaving = appendOf({ term: 2, prevIndex: 3, prevTerm: 2, entries, commitIndex: 3 });
    expect(state.takeEffects()).toEqual([
      apply(3, ''),
      persistEntries(4, entries),
      send('n1', accepted({ term: 2, prevIndex: 3, matchIndex: 4 })),
      sendNow('n2', leaving),
      sendNow('n3', leaving),
    ]);
    acknowledge(state, 'n1', 4);
    acknowledge(state, 'n3', 4);
    onProgress(state, 'n3');
    expect(answers(state)).toEqual([{ kind: 'ordered', id: 7 }]);
    expect(appended(state)).toEqual([joint, initialConfiguration(['n1', 'n2', 'n3'])]);
  });

  // Section 4.3: new entries, too, take both majorities, and here four of all six are not both.
  test('commits what comes in the middle of it by both majorities as well', () => {
    const state = fixture.jointLeader();
    for (const id of ['n1', 'n4', 'n5', 'n6']) acknowledge(state, id, 3);
    expect(state.commitIndex).toBe(0);
    acknowledge(state, 'n3', 3);
    expect(state.takeEffects().filter(({ kind }) => kind === 'apply')).toEqual([
      apply(1, 'e1'),
      apply(2, ''),
      apply(3, ''),
    ]);
    expect(state.commitIndex).toBe(3);
  });

  test('that no majority answers is given up, and may come about yet', () => {
    const state = fixture.settledLeaderWith({ members: 5, log: [1] });
    onOrder(state, 7, reconfigure(['n1', 'n2', 'n3']));
    state.takeEffects();
    onChangeTimeout(state);
    expect(state.takeEffects()).toEqual([
      { kind: 'ordered', id: 7, error: 'The change was given up, for no majority answered; it may come about yet.' },
      cancel('change'),
    ]);
    expect(state.change).toBeUndefined();
    for (const id of ['n1', 'n2', 'n3']) acknowledge(state, id, 3);
    onProgress(state, 'n3');
    expect(state.configuration).toEqual(initialConfiguration(['n1', 'n2', 'n3']));
    expect(answers(state)).toEqual([]);
  });

  // Section 4.3: a leader that crashes leaves it to the next, which may or may not have heard of it.
  test('is answered by a leader that steps down: it does not know what becomes of it', () => {
    const state = fixture.settledLeaderWith({ members: 5, log: [1] });
    onOrder(state, 7, reconfigure(['n1', 'n2', 'n3']));
    checkQuorum(state);
    state.takeEffects();
    checkQuorum(state);
    expect(state.takeEffects()).toEqual([
      ...stepDownTimers.cancelled,
      { kind: 'ordered', id: 7, error: 'The leader stepped down before the change was done; it may come about yet.' },
      cancel('change'),
      ...stepDownTimers.set,
    ]);
    expect(state).toMatchObject({ role: 'follower', change: undefined, configuration: { autoLeave: true } });
  });

  test('that an earlier leader has left behind in the middle is left by the next', () => {
    const joint = group({ voters: ['n1'], outgoing: ['n1', 'n2', 'n3'], autoLeave: true });
    const follower = fixture.followerOf('n2', { log: [1] });
    onAppend(follower, 'n2', appendOf({ term: 1, prevIndex: 1, prevTerm: 1, entries: [configurationEntry(1, joint)] }));
    const state = fixture.elected(follower);
    expect(state.configuration).toEqual(joint);
    state.takeEffects();
    acknowledgeAll(state);
    expect(state.configuration).toEqual(initialConfiguration(['n1']));
  });
});

describe('a change is refused', () => {
  const refusal = (state: RaftState, order: Order) => {
    state.takeEffects();
    onOrder(state, 9, order);
    return answers(state).map((effect) => ('error' in effect ? effect.error : undefined));
  };

  test('by who does not lead, who says who does', () => {
    expect(refusal(fixture.followerOf('n2', { log: [1] }), reconfigure(['n1']))).toEqual([
      'This replica does not lead; n2 leads.',
    ]);
  });

  // Ongaro, "bug in single-server membership changes" (raft-dev, 2015).
  test('before the leader has committed an entry of its own term', () => {
    expect(refusal(fixture.leaderWith({ log: [1] }), reconfigure(['n1', 'n2']))).toEqual([
      'The leader has committed nothing in its term yet; try again.',
    ]);
  });

  test('while another one is on its way', () => {
    const state = fixture.settledLeaderWith({ log: [1] });
    onOrder(state, 7, reconfigure(['n1', 'n2']));
    expect(refusal(state, reconfigure(['n1', 'n3']))).toEqual(['Another order is being carried out.']);
  });

  test('where nobody would be left to vote', () => {
    expect(refusal(fixture.settledLeaderWith({ log: [1] }), reconfigure([]))).toEqual(['No voter would be left.']);
  });

  test('where somebody would be a voter and a learner', () => {
    const state = fixture.settledLeaderWith({ log: [1] });
    expect(refusal(state, reconfigure(['n1', 'n2'], ['n2']))).toEqual(['n2 cannot be both a voter and a learner.']);
    // Also one that is new, and would have to learn first.
    expect(refusal(state, reconfigure(['n1', 'n4'], ['n4']))).toEqual(['n4 cannot be both a voter and a learner.']);
    expect(state.configuration.learners).toEqual([]);
  });
});

describe('a leader that is voted out', () => {
  // Section 4.2.2: it manages a group that it does not belong to, and counts others only.
  test('leads until that is committed without it, then hands over and steps down', () => {
    const state = fixture.settledLeaderWith({ log: [1] });
    onOrder(state, 7, reconfigure(['n2', 'n3']));
    state.takeEffects();
    acknowledge(state, 'n1', 3);
    acknowledge(state, 'n2', 3);
    onProgress(state, 'n2');
    expect(state).toMatchObject({ role: 'leader', commitIndex: 2 });
    state.takeEffects();
    acknowledge(state, 'n3', 3);
    onProgress(state, 'n3');
    expect(state.takeEffects()).toEqual([
      apply(3, ''),
      { kind: 'ordered', id: 7 },
      cancel('change'),
      send('n2', { type: 'timeout-now', term: 2 }),
      ...stepDownTimers.cancelled,
      ...stepDownTimers.set,
    ]);
    expect(state).toMatchObject({ role: 'follower', commitIndex: 3, leader: undefined });
    startPreVote(state);
    expect(state.role).toBe('follower');
  });
});

describe('who stands for election', () => {
  const learning = configurationEntry(1, group({ voters: ['n2', 'n3'], learners: ['n1'] }));
  const learner = (commitIndex: number) => {
    const state = fixture.followerOf('n2', { log: [1] });
    onAppend(state, 'n2', appendOf({ term: 1, prevIndex: 1, prevTerm: 1, entries: [learning], commitIndex }));
    return state;
  };

  // Section 4.2.1.
  test('is not one who only learns', () => {
    const state = learner(2);
    state.takeEffects();
    startPreVote(state);
    expect(state).toMatchObject({ role: 'follower', leader: undefined });
    expect(state.takeEffects()).toEqual([fixture.timer('election', 150, 300)]);
  });

  // Section 4.2.2: its log may be the only one that is long enough, and the change may never be committed.
  test('is one whose vote was taken away by what is not committed; its own vote does not count', () => {
    const state = learner(1);
    state.takeEffects();
    startPreVote(state);
    const preVote = { type: 'pre-vote', term: 2, lastIndex: 2, lastTerm: 1 } as const;
    expect(state.takeEffects()).toEqual([
      timer('election', 150, 300),
      timer('retry', 50),
      send('n2', preVote),
      send('n3', preVote),
    ]);
    onPreVoteReply(state, 'n2', { type: 'pre-vote-reply', term: 2, granted: true });
    expect(state.role).toBe('pre-candidate');
    onPreVoteReply(state, 'n3', { type: 'pre-vote-reply', term: 2, granted: true });
    expect(state).toMatchObject({ role: 'candidate', term: 2, votedFor: 'n1' });
  });
});

describe('a configuration that is overwritten', () => {
  // Section 4.1: a server always uses the latest configuration in its log; if that entry goes, so does the configuration.
  test('gives way to the one before', () => {
    const state = fixture.followerOf('n2', { log: [1] });
    const without = configurationEntry(1, initialConfiguration(['n1', 'n2']));
    onAppend(state, 'n2', appendOf({ term: 1, prevIndex: 1, prevTerm: 1, entries: [without] }));
    expect(state.peers).toEqual(['n2']);
    onAppend(state, 'n3', appendOf({ term: 2, prevIndex: 1, prevTerm: 1, entries: [entry(2, 'x')] }));
    expect(state.configuration).toEqual(initialConfiguration(['n1', 'n2', 'n3']));
    expect(state.peers).toEqual(['n2', 'n3']);
  });

  // Section 4.3: before a joint configuration is committed the old voters may decide without it.
  test('and was joint takes both halves with it', () => {
    const state = fixture.followerOf('n2', { log: [1] });
    const joint = group({ voters: ['n1', 'n4', 'n5'], outgoing: ['n1', 'n2', 'n3'], autoLeave: true });
    onAppend(state, 'n2', appendOf({ term: 1, prevIndex: 1, prevTerm: 1, entries: [configurationEntry(1, joint)] }));
    expect(state.peers).toEqual(['n2', 'n3', 'n4', 'n5']);
    state.takeEffects();
    onAppend(state, 'n3', appendOf({ term: 2, prevIndex: 1, prevTerm: 1, entries: [entry(2, 'x')], commitIndex: 2 }));
    expect(state.takeEffects()).toEqual([
      persistVote(2, null),
      ...fixture.leaderHeardTimers,
      persistEntries(2, [entry(2, 'x')]),
      apply(1, 'e1'),
      apply(2, 'x'),
      send('n3', accepted({ term: 2, prevIndex: 1, matchIndex: 2 })),
    ]);
    expect(state.configuration).toEqual(initialConfiguration(['n1', 'n2', 'n3']));
    expect(state.configurations.index).toBe(0);
    expect(state.peers).toEqual(['n2', 'n3']);
  });
});

describe('observers', () => {
  test('are told of each configuration that is in force', () => {
    const state = fixture.settledLeaderWith({ log: [1], trace: true });
    onOrder(state, 7, reconfigure(['n1', 'n2'], ['n3']));
    const fact = { type: 'configuration', index: 3, voters: ['n1', 'n2'], outgoing: [], learners: ['n3'] };
    expect(state.takeEffects()).toContainEqual({ kind: 'note', fact });
  });
});

describe('an election in a joint configuration', () => {
  // Section 4.3: elections, too, take a majority of each.
  test('is won with both majorities, and not with one of them', () => {
    const joint = group({ voters: ['n1', 'n4', 'n5'], outgoing: ['n1', 'n2', 'n3'], autoLeave: true });
    const state = fixture.followerOf('n2', { log: [1] });
    onAppend(state, 'n2', appendOf({ term: 1, prevIndex: 1, prevTerm: 1, entries: [configurationEntry(1, joint)] }));
    startPreVote(state);
    const grant = (from: string) => onPreVoteReply(state, from, { type: 'pre-vote-reply', term: 2, granted: true });
    for (const id of ['n2', 'n3']) grant(id);
    expect(state.role).toBe('pre-candidate');
    grant('n5');
    expect(state.role).toBe('candidate');
  });
});
