/** Raft's messages and durable records: immutable values. */
import type { NodeId } from '../../protocol.ts';

/** A log entry: one batch of commands. An empty payload is the no-op that begins a term. */
export interface Entry {
  readonly term: number;
  readonly payload: Uint8Array;
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

export type RaftMessage = PreVote | PreVoteReply | Vote | VoteReply | Append | AppendReply;

/** What a replica writes down before it answers. Section 5.1, figure 2: currentTerm, votedFor, log[]. */
export type RaftRecord =
  | { readonly kind: 'vote'; readonly term: number; readonly votedFor: NodeId | null }
  /** Entries from index `from` on; all that stood there or later before is void. */
  | { readonly kind: 'entries'; readonly from: number; readonly entries: readonly Entry[] };
