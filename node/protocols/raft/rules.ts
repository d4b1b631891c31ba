/**
 * The safety rules of Raft that a planted bug may break, each a small function. A file in `defects/` overrides one of
 * them; everything else in this folder is the same with and without a bug.
 */
import type { Defect, NodeId } from '../../protocol.ts';
import type { RaftRecord } from './messages.ts';

export interface RaftRules {
  /** Whether an entry of `entryTerm`, stored by a majority, may be committed by counting in `currentTerm`. */
  readonly commitsByCounting: (entryTerm: number, currentTerm: number) => boolean;
  /** What is written down when a replica enters a term or votes in it. */
  readonly voteRecord: (term: number, votedFor: NodeId | null) => RaftRecord;
  /** Whether a leader asks a majority if it still leads before it answers a read. */
  readonly confirmsReads: boolean;
}

export const correctRules: RaftRules = {
  // Section 5.4.2, figure 8: an entry of an earlier term may still be overwritten though a majority stores it.
  commitsByCounting: (entryTerm, currentTerm) => entryTerm === currentTerm,
  // Section 5.2: one vote a term, also after a restart.
  voteRecord: (term, votedFor) => ({ kind: 'vote', term, votedFor }),
  // Dissertation, section 6.4: a deposed leader may not know that it was deposed.
  confirmsReads: true,
};

/** A planted bug of Raft. */
export interface RaftDefect extends Defect {
  readonly rules: Partial<RaftRules>;
}
