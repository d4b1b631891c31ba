/**
 * The safety rules of Raft that a planted bug may break, each a small function. A file in `defects/` overrides one of
 * them; everything else in this folder is the same with and without a bug.
 */
import type { Defect } from '../../contract/defect.ts';
import type { NodeId } from '../../contract/ids.ts';
import { leaseMs } from '../shared/lease.ts';
import type { RaftRecord } from './messages.ts';
import { holdsFor, type Tally } from './quorum.ts';

export interface RaftRules {
  /** Whether an entry of `entryTerm`, stored by a majority, may be committed by counting in `currentTerm`. */
  readonly commitsByCounting: (entryTerm: number, currentTerm: number) => boolean;
  /** What is written down when a replica enters a term or votes in it. */
  readonly voteRecord: (term: number, votedFor: NodeId | null) => RaftRecord;
  /** Who may decide together, in a plain or a joint configuration. */
  readonly tally: Tally;
  /** Whether a leader changes the configuration before it has committed an entry of its own term. */
  readonly changesBeforeCommit: boolean;
  /** Whether a leader asks a majority if it still leads before it answers a read. */
  readonly confirmsReads: boolean;
  /** Whether a log stays as it is under a snapshot: its entry at the snapshot's index is of `ownTerm`, -1 where there is none. */
  readonly keepsLog: (ownTerm: number, snapshotTerm: number) => boolean;
  /** Whether an entry of the leader replaces the one that stands at its index, of `ownTerm`, and all behind it. */
  readonly replaces: (ownTerm: number, leaderTerm: number) => boolean;
  /** How far a follower commits that is told of `leaderCommit`, and whose log is known to equal the leader's up to `matched`. */
  readonly commitIndexFor: (leaderCommit: number, matched: number, lastIndex: number) => number;
  /** Whether a new leader answers reads before it has committed an entry of its own term. */
  readonly readsBeforeCommit: boolean;
  /** For how long a round confirms reads after it began, where there are leases, in milliseconds. */
  readonly leaseMs: (electionTimeoutMs: readonly [number, number], maxClockDrift: number) => number;
  /** What names the round of confirmation after `round`. */
  readonly nextRound: (round: number) => number;
  /** Whether a leader counts its own copy of an entry before that is durable. */
  readonly countsUnflushed: boolean;
  /** Whether a replica asks if it could win before it stands for election. */
  readonly asksBeforeElection: boolean;
  /** Whether a leader that hears of no majority steps down, and a follower that hears of a leader denies votes. */
  readonly checksQuorum: boolean;
}

export const correctRules: RaftRules = {
  // Section 5.4.2, figure 8: an entry of an earlier term may still be overwritten though a majority stores it.
  commitsByCounting: (entryTerm, currentTerm) => entryTerm === currentTerm,
  // Section 5.2: one vote a term, also after a restart.
  voteRecord: (term, votedFor) => ({ kind: 'vote', term, votedFor }),
  // Dissertation, section 4.3: joint consensus takes a majority of each of the two configurations.
  tally: holdsFor,
  // Ongaro, "bug in single-server membership changes" (raft-dev, 2015): else two leaders may change it apart from each other.
  changesBeforeCommit: false,
  // Dissertation, section 6.4: a deposed leader may not know that it was deposed.
  confirmsReads: true,
  // Section 7, figure 13, steps 6 and 7: what follows the snapshot's last entry is kept if that entry is in the log.
  keepsLog: (ownTerm, snapshotTerm) => ownTerm === snapshotTerm,
  // Section 5.3: only a conflict deletes what follows; a message may be an old one.
  replaces: (ownTerm, leaderTerm) => ownTerm !== leaderTerm,
  // Figure 2: min(leaderCommit, index of last new entry).
  commitIndexFor: (leaderCommit, matched) => Math.min(leaderCommit, matched),
  // Dissertation, section 6.4, step 1: until then a leader does not know what is committed (etcd-io/etcd#7331).
  readsBeforeCommit: false,
  // Dissertation, section 6.4.1: election time-out / clock drift bound. The leader's clock may be slow and a voter's fast.
  leaseMs,
  // Rounds only grow within a term, so that an old echo confirms no new read (etcd-io/etcd#20418).
  nextRound: (round) => round + 1,
  // Dissertation, section 10.2.1: a leader may write in parallel, and counts itself once it has flushed.
  countsUnflushed: false,
  // Dissertation, section 9.6 (PreVote).
  asksBeforeElection: true,
  // Dissertation, section 6.2 (a leader without followers) and 4.2.3 (votes that disrupt).
  checksQuorum: true,
};

/** A planted bug of Raft. */
export interface RaftDefect extends Defect {
  readonly rules: Partial<RaftRules>;
}
