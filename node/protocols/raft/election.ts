/** Leader election with PreVote, CheckQuorum and denial of votes. Dissertation, sections 3.4, 4.2.3, 6.2 and 9.6. */

import type { NodeId } from '../../contract/ids.ts';
import { invariant } from '../../contract/invariant.ts';
import { members } from './configuration.ts';
import type { PreVote, PreVoteReply, TimeoutNow, Vote, VoteReply } from './messages.ts';
import { newProgress } from './progress.ts';
import { voteResult } from './quorum.ts';
import { appendNoOp, broadcastAppend } from './replication.ts';
import type { RaftState } from './state.ts';

/** The election time-out ran out: ask first whether an election could be won, without raising the term. */
export function startPreVote(state: RaftState): void {
  if (state.role === 'leader') return;
  state.leader = undefined;
  state.leaderHeard = false;
  if (!mayStand(state)) {
    state.resetElectionTimer();
    return;
  }
  if (!state.rules.asksBeforeElection) {
    state.emit({ kind: 'timer', timer: 'retry', afterMs: retryMs(state) });
    becomeCandidate(state, false);
    return;
  }
  state.setRole('pre-candidate');
  state.votes.clear();
  state.resetElectionTimer();
  state.emit({ kind: 'timer', timer: 'retry', afterMs: retryMs(state) });
  countPreVote(state, state.config.id, true);
  askForVotes(state);
}

/**
 * Who has no vote does not stand (section 4.2.1); but a configuration that takes it away may never be committed, and those
 * who hold it may be the only ones whose logs are long enough to win (section 4.2.2). Nor does one stand whose log is about
 * to be replaced.
 */
function mayStand({ configurations, commitIndex, config, incoming }: RaftState): boolean {
  return configurations.isVoterSince(commitIndex, config.id) && incoming?.installing !== true;
}

function retryMs(state: RaftState): [number, number] {
  return [state.config.heartbeatIntervalMs, state.config.heartbeatIntervalMs];
}

/**
 * The stream of the leader's heartbeats broke off: it most likely ended. Its followers, who mostly learn that at the same
 * time, stand at different times within the shortest time-out and deny no votes meanwhile (section 4.2.3 denies them to
 * protect a live leader; where it lives, a majority hears it still, and denies the PreVote). Where leases answer reads, a
 * voter has to wait for as long as it has promised (section 6.4.1).
 */
export function onSuspected(state: RaftState, node: NodeId): void {
  if (state.role !== 'follower' || state.leader !== node || state.config.leaseReads !== undefined) return;
  const [shortest] = state.config.electionTimeoutMs;
  state.leader = undefined;
  state.leaderHeard = false;
  state.emit({ kind: 'cancel', timer: 'lease' });
  state.emit({ kind: 'timer', timer: 'election', afterMs: [0, shortest] });
}

/** Asks all peers that have not answered yet, at once; asks again those whose answer may be lost. */
function askForVotes(state: RaftState): void {
  const { lastIndex, lastTerm } = state.log;
  for (const peer of state.peers) {
    if (state.votes.has(peer)) continue;
    if (state.role === 'pre-candidate') {
      state.send(peer, { type: 'pre-vote', term: state.term + 1, lastIndex, lastTerm });
    } else {
      const vote: Vote = { type: 'vote', term: state.term, lastIndex, lastTerm };
      state.send(peer, state.standsByTransfer ? { ...vote, transfer: true } : vote);
    }
  }
}

export function retryVotes(state: RaftState): void {
  if (state.role !== 'pre-candidate' && state.role !== 'candidate') return;
  askForVotes(state);
  state.emit({ kind: 'timer', timer: 'retry', afterMs: retryMs(state) });
}

/** Whether this replica would vote for a log that ends so. Section 3.6.1. */
function mayVoteFor(state: RaftState, msg: PreVote | Vote): boolean {
  return state.log.isUpToDate(msg.lastIndex, msg.lastTerm);
}

/** A live leader is not voted out. Section 4.2.3. */
function hasLiveLeader(state: RaftState): boolean {
  return state.rules.checksQuorum && (state.role === 'leader' || state.leaderHeard);
}

export function onPreVote(state: RaftState, from: NodeId, msg: PreVote): void {
  const granted = msg.term > state.term && !hasLiveLeader(state) && mayVoteFor(state, msg);
  state.send(from, { type: 'pre-vote-reply', term: granted ? msg.term : state.term, granted });
}

export function onPreVoteReply(state: RaftState, from: NodeId, msg: PreVoteReply): void {
  if (!msg.granted && msg.term > state.term) {
    state.becomeFollower(msg.term);
    return;
  }
  if (state.role !== 'pre-candidate' || (msg.granted && msg.term !== state.term + 1)) return;
  countPreVote(state, from, msg.granted);
}

function countPreVote(state: RaftState, from: NodeId, granted: boolean): void {
  state.votes.set(from, granted);
  if (hasWon(state)) becomeCandidate(state, false);
}

function hasWon({ configuration, votes, rules }: RaftState): boolean {
  return voteResult(configuration, votes, rules.tally) === 'won';
}

function becomeCandidate(state: RaftState, transfer: boolean): void {
  state.standsByTransfer = transfer;
  state.setTermAndVote(state.term + 1, state.config.id);
  state.setRole('candidate');
  state.votes.clear();
  state.resetElectionTimer();
  // Its own vote counts once it is durable: it comes back as a message from itself, from behind the barrier.
  state.send(state.config.id, { type: 'vote-reply', term: state.term, granted: true });
  askForVotes(state);
}

export function onVote(state: RaftState, from: NodeId, msg: Vote): void {
  if (msg.term > state.term) {
    // Section 4.2.3: within the shortest time-out of hearing from a leader, neither vote nor take over the term.
    if (hasLiveLeader(state) && msg.transfer !== true) return;
    state.becomeFollower(msg.term);
  }
  const granted =
    msg.term === state.term && (state.votedFor === null || state.votedFor === from) && mayVoteFor(state, msg);
  if (granted) {
    if (state.votedFor === null) state.setTermAndVote(state.term, from);
    state.resetElectionTimer();
  }
  state.send(from, { type: 'vote-reply', term: state.term, granted });
}

export function onVoteReply(state: RaftState, from: NodeId, msg: VoteReply): void {
  if (msg.term > state.term) {
    state.becomeFollower(msg.term);
    return;
  }
  if (state.role !== 'candidate' || msg.term !== state.term) return;
  state.votes.set(from, msg.granted);
  if (hasWon(state)) becomeLeader(state);
}

/** Section 3.10: the leader has brought this replica's log up to date, and wants it to lead. */
export function onTimeoutNow(state: RaftState, msg: TimeoutNow): void {
  if (msg.term !== state.term || state.role !== 'follower' || !mayStand(state)) return;
  state.leader = undefined;
  state.leaderHeard = false;
  state.emit({ kind: 'timer', timer: 'retry', afterMs: retryMs(state) });
  becomeCandidate(state, true);
}

function becomeLeader(state: RaftState): void {
  invariant(state.role === 'candidate', 'only a candidate becomes leader');
  state.leader = state.config.id;
  // Of an earlier term in which it led.
  state.endTransfer('The leader was elected anew.');
  state.setRole('leader');
  state.votes.clear();
  state.progress.clear();
  // It may lead a group that it is leaving.
  for (const member of [...members(state.configuration), state.config.id]) {
    state.progress.set(member, newProgress(state.log.lastIndex + 1));
  }
  state.round = 0;
  state.leaseRound = 0;
  state.leaseEnded = false;
  state.emit({ kind: 'cancel', timer: 'election' });
  state.emit({ kind: 'cancel', timer: 'lease' });
  state.emit({ kind: 'cancel', timer: 'retry' });
  setQuorumTimer(state);
  appendNoOp(state);
  broadcastAppend(state);
}

function setQuorumTimer(state: RaftState): void {
  const [shortest] = state.config.electionTimeoutMs;
  state.emit({ kind: 'timer', timer: 'quorum', afterMs: [shortest, shortest] });
}

/** CheckQuorum (section 6.2): a leader that heard from no majority for an election time-out steps down. */
export function checkQuorum(state: RaftState): void {
  if (state.role !== 'leader' || !state.rules.checksQuorum) return;
  const own = state.progress.get(state.config.id);
  if (own !== undefined) own.active = true;
  const heard = state.majority(({ active }) => active);
  for (const progress of state.progress.values()) progress.active = false;
  if (heard) setQuorumTimer(state);
  else state.becomeFollower(state.term);
}
