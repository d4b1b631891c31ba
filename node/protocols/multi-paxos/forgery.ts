/** What a malicious replica can make of Multi-Paxos' messages. Nobody signs anything there, and nobody checks anything. */
import type { Forgery, Shift } from '../../malice/kit/forgery.ts';
import { shiftedBallot } from '../paxos/forgery.ts';
import { withOtherState } from '../paxos/learner-forgery.ts';
import type { Value } from '../paxos/value.ts';
import type { Accept, MultiPaxosMessage } from './messages.ts';

export const multiPaxosForgery: Forgery<MultiPaxosMessage> = {
  valueIn: (msg) => (msg.type === 'accept' ? batchIn(msg.values)?.payload : undefined),
  withValue: (msg, payload) => (msg.type === 'accept' ? withBatch(msg, payload) : undefined),
  withNumbers,
  // What is proposed is chosen at once, whoever has accepted it.
  uncertified: (msg) => {
    if (msg.type !== 'accept' || msg.values.length === 0) return undefined;
    return { ...msg, chosenTo: msg.from + msg.values.length - 1 };
  },
  withoutVotes: (msg) => (msg.type === 'promise' && msg.runs.length > 0 ? { ...msg, runs: [] } : undefined),
  withOtherState,
};

function batchIn(values: readonly Value[]): Value | undefined {
  return values.findLast(({ kind }) => kind === undefined);
}

/** With another batch in place of the last one. */
function withBatch(msg: Accept, payload: Uint8Array): Accept | undefined {
  const last = batchIn(msg.values);
  if (last === undefined) return undefined;
  return { ...msg, values: msg.values.map((value) => (value === last ? { payload } : value)) };
}

function withNumbers(msg: MultiPaxosMessage, by: Shift): MultiPaxosMessage | undefined {
  switch (msg.type) {
    case 'prepare':
      return { ...msg, from: Math.max(1, msg.from + by.index), ballot: shiftedBallot(msg.ballot, by) };
    case 'accept':
      return { ...msg, from: Math.max(1, msg.from + by.index), ballot: shiftedBallot(msg.ballot, by) };
    case 'accepted':
      return { ...msg, to: Math.max(0, msg.to + by.index), ballot: shiftedBallot(msg.ballot, by) };
    case 'promise':
      return { ...msg, ballot: shiftedBallot(msg.ballot, by) };
    default:
      return undefined;
  }
}
