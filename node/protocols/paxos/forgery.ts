/** What a malicious replica can make of Paxos' messages. Nobody signs anything there, and nobody checks anything. */
import type { Forgery, Shift } from '../../malice/kit/forgery.ts';
import type { Ballot } from './ballot.ts';
import { withOtherState } from './learner-forgery.ts';
import type { PaxosMessage } from './messages.ts';

export const paxosForgery: Forgery<PaxosMessage> = {
  valueIn: (msg) => (msg.type === 'accept' && msg.value.kind === undefined ? msg.value.payload : undefined),
  withValue: (msg, payload) =>
    msg.type === 'accept' && msg.value.kind === undefined ? { ...msg, value: { payload } } : undefined,
  withNumbers,
  // What is proposed is chosen at once, whoever has accepted it.
  uncertified: (msg) => (msg.type === 'accept' ? { type: 'chosen', slot: msg.slot, ballot: msg.ballot } : undefined),
  withoutVotes: (msg) =>
    msg.type === 'promise' && msg.accepted !== undefined
      ? { type: 'promise', slot: msg.slot, ballot: msg.ballot }
      : undefined,
  withOtherState,
};

/** Of the same replica, some rounds away. */
export function shiftedBallot({ round, node }: Ballot, by: Shift): Ballot {
  return { round: Math.max(1, round + by.epoch), node };
}

function withNumbers(msg: PaxosMessage, by: Shift): PaxosMessage | undefined {
  switch (msg.type) {
    case 'prepare':
    case 'promise':
    case 'accept':
    case 'accepted':
    case 'chosen':
      return { ...msg, slot: Math.max(1, msg.slot + by.index), ballot: shiftedBallot(msg.ballot, by) };
    default:
      return undefined;
  }
}
