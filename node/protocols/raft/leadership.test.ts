import { describe, expect, test } from 'vitest';
import * as election from './election.ts';
import * as fixture from './fixture.ts';
import { cancel, entry, persistEntries, persistVote, send, sendNow, stepDownTimers, timer } from './fixture.ts';
import type { RaftRecord } from './messages.ts';
import { Raft } from './raft.ts';
import { onAppend, onAppendReply } from './replication.ts';
import { correctRules } from './rules.ts';

const voteReply = (term: number, granted: boolean) => ({ type: 'vote-reply', term, granted }) as const;

describe('winning an election', () => {
  // Section 5.2 (majority), 5.4.2 and 6.4 (a no-op begins the term). The leader's own copy is a message to itself.
  test('a majority of votes makes a leader, which appends a no-op and sends it before it has flushed it', () => {
    const state = fixture.candidateWith({ log: [1] });
    election.onVoteReply(state, 'n1', voteReply(2, true));
    expect(state.takeEffects()).toEqual([]);
    election.onVoteReply(state, 'n2', voteReply(2, true));
    const noOp = entry(2, '');
    const append = fixture.appendOf({ term: 2, prevIndex: 1, prevTerm: 1, entries: [noOp] });
    expect(state.takeEffects()).toEqual([
      cancel('election'),
      cancel('lease'),
      cancel('retry'),
      timer('quorum', 150),
      persistEntries(2, [noOp]),
      send('n1', fixture.accepted({ term: 2, prevIndex: 1, matchIndex: 2 })),
      sendNow('n2', append),
      sendNow('n3', append),
      timer('heartbeat', 50),
    ]);
    expect(state).toMatchObject({ role: 'leader', leader: 'n1', term: 2, commitIndex: 0 });
    expect(state.progress.get('n2')).toMatchObject({ state: 'probe', probing: true, nextIndex: 2, matchIndex: 0 });
  });

  // Section 5.2: votes are counted by voter, and only those that were granted in the present term.
  test.each([
    ['the same voter twice', 'n2', voteReply(1, true)],
    ['a refusal', 'n3', voteReply(1, false)],
    ['a vote of an earlier term', 'n3', voteReply(0, true)],
  ])('is not helped by %s', (_what, from, reply) => {
    const state = fixture.candidateWith({ members: 5 });
    election.onVoteReply(state, 'n1', voteReply(1, true));
    election.onVoteReply(state, 'n2', voteReply(1, true));
    election.onVoteReply(state, from, reply);
    expect(state.takeEffects()).toEqual([]);
    expect(state.role).toBe('candidate');
  });

  // Figure 2 and the runtime's barrier (planted bug R4 for votes): the own vote is counted when it comes back.
  test('a candidate does not count its own vote before it is durable', () => {
    const state = fixture.candidateWith();
    expect(state.votes.size).toBe(0);
    election.onVoteReply(state, 'n2', voteReply(1, true));
    expect(state.role).toBe('candidate');
    election.onVoteReply(state, 'n1', voteReply(1, true));
    expect(state.role).toBe('leader');
  });

  test('a replica that is alone leads once its own vote and its own entry are durable', () => {
    const state = fixture.followerWith({ members: 1 });
    election.startPreVote(state);
    expect(state.role).toBe('candidate');
    election.onVoteReply(state, 'n1', voteReply(1, true));
    state.takeEffects();
    expect(state).toMatchObject({ role: 'leader', commitIndex: 0 });
    fixture.acknowledge(state, 'n1', 1);
    expect(state.takeEffects()).toEqual([fixture.apply(1, '')]);
  });
});

describe('losing an election', () => {
  // Section 5.2: split votes; a candidate whose time-out runs out begins again, now with PreVote (9.6).
  test('a split vote: the time-out asks anew for the next term, and no term is raised by that', () => {
    const state = fixture.candidateWith({ log: [1] });
    election.onVoteReply(state, 'n1', voteReply(2, true));
    election.onVoteReply(state, 'n2', voteReply(2, false));
    election.onVoteReply(state, 'n3', voteReply(2, false));
    expect(state.takeEffects()).toEqual([]);
    election.startPreVote(state);
    const preVote = { type: 'pre-vote', term: 3, lastIndex: 1, lastTerm: 1 } as const;
    expect(state.takeEffects()).toEqual([
      timer('election', 150, 300),
      timer('retry', 50),
      send('n2', preVote),
      send('n3', preVote),
    ]);
    expect(state).toMatchObject({ role: 'pre-candidate', term: 2, votedFor: 'n1' });
  });

  // Section 5.2: a candidate that hears the leader of its term (or a later one) recognises it.
  test.each([1, 4])('a candidate of term 1 follows a leader of term %i that it hears', (term) => {
    const state = fixture.candidateWith();
    onAppend(state, 'n3', fixture.appendOf({ term }));
    expect(state.takeEffects()).toEqual([
      ...(term > 1 ? [persistVote(term, null)] : []),
      ...fixture.leaderHeardTimers,
      send('n3', fixture.accepted({ term })),
    ]);
    // In its own term its vote stands; it is only that nobody needs it any more.
    expect(state).toMatchObject({ role: 'follower', leader: 'n3', term, votedFor: term === 1 ? 'n1' : null });
  });

  // Section 5.1.
  test('a vote refused from a higher term ends the candidacy', () => {
    const state = fixture.candidateWith();
    election.onVoteReply(state, 'n2', voteReply(6, false));
    expect(state.takeEffects()).toEqual([persistVote(6, null)]);
    expect(state).toMatchObject({ role: 'follower', term: 6 });
  });
});

describe('stepping down', () => {
  // Section 6.2: a leader that hears from no majority within an election time-out steps down.
  test('CheckQuorum: a leader goes on as long as a majority was heard since the last check', () => {
    const state = fixture.settledLeaderWith({ members: 5 });
    election.checkQuorum(state);
    expect(state.takeEffects()).toEqual([timer('quorum', 150)]);
    for (const peer of ['n2', 'n3']) fixture.acknowledge(state, peer, 1);
    election.checkQuorum(state);
    expect(state.takeEffects()).toEqual([timer('quorum', 150)]);
    fixture.acknowledge(state, 'n2', 1);
    election.checkQuorum(state);
    expect(state.takeEffects()).toEqual([...stepDownTimers.cancelled, ...stepDownTimers.set]);
    expect(state).toMatchObject({ role: 'follower', term: 1, votedFor: 'n1', leader: undefined });
  });

  // Section 4.3: where the configuration is joint the leader must hear of both; of the old voters there is it alone.
  test('CheckQuorum: in a joint configuration one majority is not enough', () => {
    const state = fixture.jointLeader();
    election.checkQuorum(state);
    for (const peer of ['n2', 'n4', 'n5']) fixture.acknowledge(state, peer, 0);
    state.takeEffects();
    election.checkQuorum(state);
    expect(state.takeEffects()).toEqual([timer('quorum', 150)]);
    for (const peer of ['n4', 'n5', 'n6']) fixture.acknowledge(state, peer, 0);
    state.takeEffects();
    election.checkQuorum(state);
    expect(state.takeEffects()).toEqual([...stepDownTimers.cancelled, ...stepDownTimers.set]);
    expect(state).toMatchObject({ role: 'follower', term: 2, leader: undefined });
  });

  // Section 5.1: a refusal may also say that the term is over.
  test('a leader that learns of a higher term persists it and follows', () => {
    const state = fixture.settledLeaderWith();
    onAppendReply(state, 'n2', fixture.refused({ term: 3 }));
    expect(state.takeEffects()).toEqual([persistVote(3, null), ...stepDownTimers.cancelled, ...stepDownTimers.set]);
    expect(state).toMatchObject({ role: 'follower', term: 3, votedFor: null });
  });

  // Section 5.2, election safety: a second leader in one term means that something is broken; the replica must stop.
  test('two leaders in one term are a violation', () => {
    const state = fixture.settledLeaderWith();
    expect(() => onAppend(state, 'n2', fixture.appendOf({ term: 1 }))).toThrow('n2 claims to lead term 1');
  });

  test('timers of a role that is over do nothing', () => {
    const raft = new Raft(fixture.configOf(), correctRules);
    raft.start({ records: [{ kind: 'vote', term: 4, votedFor: 'n2' }], firstPosition: 1 });
    for (const name of ['heartbeat', 'quorum', 'retry', 'lease', 'unheard-of']) {
      expect(raft.step({ kind: 'timeout', timer: name })).toEqual([]);
    }
    expect(raft.view()).toMatchObject({ role: 'follower', epoch: 4, commitIndex: 0, lastIndex: 0 });
  });
});

describe('what observers are told', () => {
  test('each change of role, with its term, and each entry with the term before it', () => {
    const raft = new Raft(fixture.configOf({ trace: true, members: 1 }), correctRules);
    const records: RaftRecord[] = [
      { kind: 'vote', term: 1, votedFor: 'n1' },
      { kind: 'entries', from: 1, entries: fixture.entries([1]) },
    ];
    raft.start({ records, firstPosition: 1 });
    const noted = (effects: ReturnType<Raft['step']>) =>
      effects.flatMap((effect) => (effect.kind === 'note' ? [effect.fact] : []));
    expect(noted(raft.step({ kind: 'timeout', timer: 'election' }))).toEqual([
      { type: 'role', role: 'pre-candidate', epoch: 1 },
      { type: 'role', role: 'candidate', epoch: 2 },
    ]);
    expect(noted(raft.step({ kind: 'message', from: 'n1', msg: voteReply(2, true) }))).toEqual([
      { type: 'role', role: 'leader', epoch: 2 },
      { type: 'append', index: 2, epoch: 2, prevEpoch: 1, hash: 0x811c9dc5 },
    ]);
  });
});
