/** Raft's messages and durable records: immutable values. */
import type { NodeId } from '../../contract/ids.ts';
import type { Configuration } from './configuration.ts';

/** A log entry: one batch of commands, or a configuration. An empty payload is the no-op that begins a term. */
export interface Entry {
  readonly term: number;
  readonly payload: Uint8Array;
  /** The payload is a configuration (see `configuration-codec.ts`), and not for the machine. */
  readonly kind?: 'configuration';
}

/** Asks whether a vote would be granted, before any term is raised. Dissertation, section 9.6. */
export interface PreVote {
  readonly type: 'pre-vote';
  /** The term in which the sender would stand. */
  readonly term: number;
  readonly lastIndex: number;
  readonly lastTerm: number;
}

export interface PreVoteReply {
  readonly type: 'pre-vote-reply';
  /** The term that was asked about where granted, else the voter's own term. */
  readonly term: number;
  readonly granted: boolean;
}

export interface Vote {
  readonly type: 'vote';
  readonly term: number;
  readonly lastIndex: number;
  readonly lastTerm: number;
  /** The leader itself has asked for this election; that it is alive is no reason to deny it. Dissertation, section 3.10. */
  readonly transfer?: true;
}

export interface VoteReply {
  readonly type: 'vote-reply';
  readonly term: number;
  readonly granted: boolean;
}

/** AppendEntries; without entries it is a heartbeat. */
export interface Append {
  readonly type: 'append';
  readonly term: number;
  readonly prevIndex: number;
  readonly prevTerm: number;
  readonly entries: readonly Entry[];
  readonly commitIndex: number;
  /** The round of leadership confirmation that the reply must echo; see `reads.ts`. */
  readonly round: number;
}

export interface AppendReply {
  readonly type: 'append-reply';
  readonly term: number;
  readonly success: boolean;
  /** The `prevIndex` that is answered. */
  readonly prevIndex: number;
  /** On success: the last index that is known to equal the leader's, and is durable. */
  readonly matchIndex: number;
  /** On failure: where the leader should try next. */
  readonly hintIndex: number;
  readonly round: number;
}

/**
 * A piece of the leader's snapshot, for a follower that lacks what is no longer in the log. Dissertation, section 5.1,
 * figure 5.3. When all of it is installed the follower answers as to an `append` that ends at `index`.
 */
export interface Install {
  readonly type: 'install';
  readonly term: number;
  /** The last entry that the snapshot covers, and its term. */
  readonly index: number;
  readonly lastTerm: number;
  /** Where in the snapshot the piece belongs, in bytes. */
  readonly offset: number;
  readonly bytes: Uint8Array;
  /** Nothing follows it. */
  readonly last: boolean;
  /** The configuration at `index`. */
  readonly configuration: Configuration;
}

/** A piece has come, or another one is wanted. */
export interface InstallReply {
  readonly type: 'install-reply';
  readonly term: number;
  readonly index: number;
  /** Where the next piece has to begin. */
  readonly offset: number;
}

/** The leader asks the receiver to stand for election at once. Dissertation, section 3.10. */
export interface TimeoutNow {
  readonly type: 'timeout-now';
  readonly term: number;
}

export type RaftMessage =
  | (PreVote | PreVoteReply | Vote | VoteReply)
  | (Append | AppendReply | Install | InstallReply)
  | TimeoutNow;

/** What a replica writes down before it answers. Section 5.1, figure 2: currentTerm, votedFor, log[]. */
export type RaftRecord =
  | { readonly kind: 'vote'; readonly term: number; readonly votedFor: NodeId | null }
  /** Entries from index `from` on; all that stood there or later before is void. */
  | { readonly kind: 'entries'; readonly from: number; readonly entries: readonly Entry[] }
  | SnapshotRecord;

/**
 * Describes a snapshot. In the log: the snapshot was installed, and all before it is void; what follows it is kept only
 * where the entry at `index` was of the same term.
 */
export interface SnapshotRecord {
  readonly kind: 'snapshot';
  readonly index: number;
  /** The term of the entry at `index`. */
  readonly term: number;
  /** The configuration at `index`: the entry that says it may be gone. Section 5.1. */
  readonly configuration: Configuration;
}
