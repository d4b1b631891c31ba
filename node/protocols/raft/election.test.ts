import { describe, expect, test } from 'vitest';
import * as election from './election.ts';
import * as fixture from './fixture.ts';
import { persistVote, send, timer } from './fixture.ts';

const electionTimer = timer('election', 150, 300);
const retryTimer = timer('retry', 50);
const preVote = (term: number, lastIndex = 0, lastTerm = 0) =>
  ({ type: 'pre-vote', term, lastIndex, lastTerm }) as const;
const preVoteReply = (term: number, granted: boolean) => ({ type: 'pre-vote-reply', term, granted }) as const;
const vote = (term: number, lastIndex = 0, lastTerm = 0) => ({ type: 'vote', term, lastIndex, lastTerm }) as const;
const voteReply = (term: number, granted: boolean) => ({ type: 'vote-reply', term, granted }) as const;

describe('asking for votes', () => {
  // Dissertation, section 9.6: PreVote asks whether an election could be won, and raises no term. Section 3.4: all are
  // asked in parallel, votes as well as these.
  test('an election time-out asks all peers at once, and leaves term and vote alone', () => {
    const state = fixture.followerWith({ log: [1, 1, 2] });
    election.startPreVote(state);
    expect(state.takeEffects()).toEqual([
      electionTimer,
      retryTimer,
      send('n2', preVote(3, 3, 2)),
      send('n3', preVote(3, 3, 2)),
    ]);
    expect(state).toMatchObject({ role: 'pre-candidate', term: 2, votedFor: null, leader: undefined });
  });

  // Section 5.2: a candidate increments its term and votes for itself; figure 2: durable before anyone is asked.
  test('a majority of pre-votes makes a candidate; its own vote is persisted before all that it sends', () => {
    const state = fixture.preCandidateWith({ log: [1] });
    election.onPreVoteReply(state, 'n2', preVoteReply(2, true));
    expect(state.takeEffects()).toEqual([
      persistVote(2, 'n1'),
      electionTimer,
      send('n1', voteReply(2, true)),
      send('n2', vote(2, 1, 1)),
      send('n3', vote(2, 1, 1)),
    ]);
    expect(state).toMatchObject({ role: 'candidate', term: 2, votedFor: 'n1' });
  });

  test('one peer that answers twice is one pre-vote', () => {
    const state = fixture.preCandidateWith({ members: 5 });
    election.onPreVoteReply(state, 'n2', preVoteReply(1, true));
    election.onPreVoteReply(state, 'n2', preVoteReply(1, true));
    expect(state.takeEffects()).toEqual([]);
    expect(state.role).toBe('pre-candidate');
  });

  // Section 9.6: a grant is for the term that was asked about; one of an older round says nothing about this one.
  test('a pre-vote for another term is not counted', () => {
    const state = fixture.preCandidateWith({ log: [4] });
    election.onPreVoteReply(state, 'n2', preVoteReply(4, true));
    expect(state.takeEffects()).toEqual([]);
    expect(state.role).toBe('pre-candidate');
  });

  // Section 5.1: a replica that learns of a higher term takes it over.
  test('a refusal from a higher term ends the attempt, and the term is persisted', () => {
    const state = fixture.preCandidateWith({ log: [1] });
    election.onPreVoteReply(state, 'n2', preVoteReply(7, false));
    expect(state.takeEffects()).toEqual([persistVote(7, null)]);
    expect(state).toMatchObject({ role: 'follower', term: 7, votedFor: null });
  });

  // Section 5.1: RPCs are retried when no answer comes in time.
  test('a retry asks only those that have not answered', () => {
    const state = fixture.preCandidateWith({ members: 5 });
    election.onPreVoteReply(state, 'n3', preVoteReply(0, false));
    election.retryVotes(state);
    expect(state.takeEffects()).toEqual([
      send('n2', preVote(1)),
      send('n4', preVote(1)),
      send('n5', preVote(1)),
      retryTimer,
    ]);
    const candidate = fixture.candidateWith({ members: 5 });
    election.onVoteReply(candidate, 'n2', voteReply(1, true));
    election.retryVotes(candidate);
    expect(candidate.takeEffects()).toEqual([
      send('n3', vote(1)),
      send('n4', vote(1)),
      send('n5', vote(1)),
      retryTimer,
    ]);
  });

  test.each([
    ['follower', fixture.followerOf('n2', { log: [1] })],
    ['leader', fixture.settledLeaderWith()],
  ])('the retry timer of an attempt that is over asks nobody: %s', (role, state) => {
    election.retryVotes(state);
    expect(state.takeEffects()).toEqual([]);
    expect(state.role).toBe(role);
  });
});

describe('a suspicion', () => {
  // Section 3.4: a follower that believes there is no viable leader begins an election, at a random time lest votes split.
  test('of the leader has a follower stand within the shortest time-out, and deny no votes until then', () => {
    const state = fixture.followerOf('n2', { log: [1] });
    election.onSuspected(state, 'n2');
    expect(state.takeEffects()).toEqual([{ kind: 'cancel', timer: 'lease' }, timer('election', 0, 150)]);
    expect(state).toMatchObject({ role: 'follower', term: 1, leader: undefined, leaderHeard: false });
    election.onPreVote(state, 'n3', preVote(2, 1, 1));
    expect(state.takeEffects()).toEqual([send('n3', preVoteReply(2, true))]);
  });

  test('of a leader that lives is over with its next heartbeat', () => {
    const state = fixture.followerOf('n2', { log: [1] });
    election.onSuspected(state, 'n2');
    state.takeEffects();
    state.hearLeader('n2');
    expect(state.takeEffects()).toEqual([electionTimer, timer('lease', 150)]);
    expect(state).toMatchObject({ leader: 'n2', leaderHeard: true, term: 1 });
  });

  // Section 6.4.1: what a voter has confirmed to a leader with a lease, it keeps.
  test.each([
    ['another follower', fixture.followerOf('n2', { log: [1] }), 'n3'],
    ['the leader, where leases answer reads', fixture.followerOf('n2', { leaseReads: { maxClockDrift: 0.01 } }), 'n2'],
    ['a follower', fixture.settledLeaderWith(), 'n2'],
    ['a peer of one who asks for votes', fixture.preCandidateWith(), 'n2'],
  ])('of %s changes nothing', (_who, state, node) => {
    const { role, leader, leaderHeard } = state;
    election.onSuspected(state, node);
    expect(state.takeEffects()).toEqual([]);
    expect(state).toMatchObject({ role, leader, leaderHeard });
  });
});

describe('granting a pre-vote', () => {
  // Dissertation, section 9.6.
  test('is no promise: nothing is persisted and no timer is set', () => {
    const state = fixture.followerWith({ log: [1, 1] });
    election.onPreVote(state, 'n2', preVote(2, 2, 1));
    expect(state.takeEffects()).toEqual([send('n2', preVoteReply(2, true))]);
    expect(state).toMatchObject({ term: 1, votedFor: null, role: 'follower' });
  });

  // Section 4.2.3 and 9.6: as long as a leader is heard of, an election would only disturb it.
  test.each([
    ['its term is not higher than the voter’s', fixture.followerWith({ log: [1], term: 2 })],
    ['the voter hears its leader', fixture.followerOf('n3', { log: [1] })],
    ['the voter leads', fixture.settledLeaderWith({ term: 1 })],
    ['its log is behind', fixture.followerWith({ log: [1, 1, 1] })],
  ])('is denied with the voter’s own term where %s', (_why, state) => {
    const { term, role } = state;
    election.onPreVote(state, 'n2', preVote(2, 2, 1));
    expect(state.takeEffects()).toEqual([send('n2', preVoteReply(term, false))]);
    expect(state).toMatchObject({ term, role });
  });

  // Section 4.2.3.
  test('is granted again once the leader was silent for the shortest election time-out', () => {
    const state = fixture.followerOf('n3', { log: [1] });
    state.leaderHeard = false;
    election.onPreVote(state, 'n2', preVote(2, 1, 1));
    expect(state.takeEffects()).toEqual([send('n2', preVoteReply(2, true))]);
  });
});

describe('granting a vote', () => {
  // Section 5.2 and figure 2: term and vote are on stable storage before the vote is answered.
  test('persists the new term, then the vote, and answers behind both', () => {
    const state = fixture.followerWith({ log: [1] });
    election.onVote(state, 'n2', vote(2, 1, 1));
    expect(state.takeEffects()).toEqual([
      persistVote(2, null),
      persistVote(2, 'n2'),
      electionTimer,
      send('n2', voteReply(2, true)),
    ]);
    expect(state).toMatchObject({ term: 2, votedFor: 'n2', role: 'follower', leader: undefined });
  });

  // Section 5.2: at most one vote in a term, first come first served; a repeated request gets the same answer.
  test('one vote a term: the same candidate hears yes again, another one no', () => {
    const state = fixture.followerWith({ term: 2, votedFor: 'n2' });
    election.onVote(state, 'n2', vote(2));
    expect(state.takeEffects()).toEqual([electionTimer, send('n2', voteReply(2, true))]);
    election.onVote(state, 'n3', vote(2));
    expect(state.takeEffects()).toEqual([send('n3', voteReply(2, false))]);
    expect(state).toMatchObject({ term: 2, votedFor: 'n2' });
  });

  // Section 5.1: a request from a stale term is refused, with the term that the sender lacks.
  test('a stale term is refused, and gets no vote', () => {
    const state = fixture.followerWith({ term: 5 });
    election.onVote(state, 'n2', vote(4, 9, 4));
    expect(state.takeEffects()).toEqual([send('n2', voteReply(5, false))]);
    expect(state).toMatchObject({ term: 5, votedFor: null });
  });

  // Section 5.4.1: the log with the later last term is more up to date; of equal last terms, the longer one.
  test.each([
    { own: [1], lastTerm: 1, lastIndex: 1, granted: true },
    { own: [1], lastTerm: 1, lastIndex: 2, granted: true },
    { own: [1, 1], lastTerm: 1, lastIndex: 1, granted: false },
    { own: [1], lastTerm: 2, lastIndex: 1, granted: true },
    { own: [1, 1, 1], lastTerm: 2, lastIndex: 1, granted: true },
    { own: [1, 2], lastTerm: 1, lastIndex: 2, granted: false },
    { own: [2], lastTerm: 1, lastIndex: 9, granted: false },
    { own: [], lastTerm: 0, lastIndex: 0, granted: true },
    { own: [1], lastTerm: 0, lastIndex: 0, granted: false },
  ])('a log $own votes for (index $lastIndex, term $lastTerm): $granted', ({ own, lastTerm, lastIndex, granted }) => {
    const state = fixture.followerWith({ log: own, term: 3 });
    election.onVote(state, 'n2', vote(3, lastIndex, lastTerm));
    expect(state.takeEffects()).toEqual(
      granted
        ? [persistVote(3, 'n2'), electionTimer, send('n2', voteReply(3, true))]
        : [send('n2', voteReply(3, false))],
    );
    expect(state.votedFor).toBe(granted ? 'n2' : null);
  });

  // Section 5.1: the higher term is taken over though the vote is refused.
  test('a refused vote of a higher term raises the term all the same', () => {
    const state = fixture.followerWith({ log: [1, 1] });
    election.onVote(state, 'n2', vote(4, 1, 1));
    expect(state.takeEffects()).toEqual([persistVote(4, null), send('n2', voteReply(4, false))]);
    expect(state).toMatchObject({ term: 4, votedFor: null });
  });

  // Section 4.2.3: within the shortest time-out of hearing from a leader, neither vote nor take over the term.
  test.each([
    ['a follower that hears its leader', fixture.followerOf('n3', { log: [1] })],
    ['a leader', fixture.settledLeaderWith()],
  ])('%s does not even answer a candidate of a higher term', (_who, state) => {
    const { term, role, votedFor } = state;
    election.onVote(state, 'n2', vote(9, 9, 8));
    expect(state.takeEffects()).toEqual([]);
    expect(state).toMatchObject({ term, role, votedFor });
  });
});
