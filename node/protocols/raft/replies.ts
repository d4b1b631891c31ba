/** What a follower answers. */
import type { Append, AppendReply } from './messages.ts';
import type { RaftState } from './state.ts';

/** This replica's log equals the leader's up to `matchIndex`, durably once the answer goes out. */
export function acceptance({ term }: RaftState, prevIndex: number, matchIndex: number, round: number): AppendReply {
  return { type: 'append-reply', term, success: true, prevIndex, matchIndex, hintIndex: 0, round };
}

/** The logs do not meet there, or the sender leads no more. */
export function refusal({ term }: RaftState, { prevIndex, round }: Append, hintIndex: number): AppendReply {
  return { type: 'append-reply', term, success: false, prevIndex, matchIndex: 0, hintIndex, round };
}
