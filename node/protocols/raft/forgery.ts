/** What a malicious replica can make of Raft's messages. Nobody signs anything there, and nobody checks anything. */
import type { Forgery, Shift } from '../../malice/kit/forgery.ts';
import type { Append, Entry, RaftMessage } from './messages.ts';

/** More than any log is long. */
const farAhead = 1_000_000_000;

export const raftForgery: Forgery<RaftMessage> = {
  valueIn: (msg) => (msg.type === 'append' ? batchIn(msg.entries)?.payload : undefined),
  withValue: (msg, payload) => (msg.type === 'append' ? withBatch(msg, payload) : undefined),
  withNumbers,
  // What is sent is committed at once, whoever has it.
  uncertified: (msg) => {
    if (msg.type !== 'append' || msg.entries.length === 0) return undefined;
    return { ...msg, commitIndex: msg.prevIndex + msg.entries.length };
  },
  // A voter that has forgotten its vote gives it to everybody.
  withoutVotes: (msg) => (msg.type === 'vote-reply' && !msg.granted ? { ...msg, granted: true } : undefined),
  leaving: (term) => ({ type: 'vote', term, lastIndex: farAhead, lastTerm: term - 1 }),
  withOtherState: (msg) => (msg.type === 'install' ? { ...msg, bytes: msg.bytes.map((byte) => byte ^ 1) } : undefined),
};

function batchIn(entries: readonly Entry[]): Entry | undefined {
  return entries.findLast(({ kind }) => kind === undefined);
}

/** With another batch in place of the last one. */
function withBatch(msg: Append, payload: Uint8Array): Append | undefined {
  const last = batchIn(msg.entries);
  if (last === undefined) return undefined;
  return { ...msg, entries: msg.entries.map((entry) => (entry === last ? { ...entry, payload } : entry)) };
}

function withNumbers(msg: RaftMessage, by: Shift): RaftMessage | undefined {
  const term = Math.max(0, msg.term + by.epoch);
  const shifted = (index: number) => Math.max(0, index + by.index);
  switch (msg.type) {
    case 'append':
      return { ...msg, term, prevIndex: shifted(msg.prevIndex) };
    case 'append-reply':
      return { ...msg, term, matchIndex: shifted(msg.matchIndex) };
    case 'vote':
    case 'pre-vote':
      return { ...msg, term, lastIndex: shifted(msg.lastIndex) };
    default:
      return undefined;
  }
}
