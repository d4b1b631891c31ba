/** What a proposer does in one slot. */
import type { NodeId } from '../../protocol.ts';
import { type Ballot, noBallot } from './ballot.ts';
import type { AcceptedUnder } from './messages.ts';
import type { Value } from './value.ts';

/** Something that this replica wants chosen, in whichever slot: the batch of a request, or a group. */
export interface Wish {
  readonly value: Value;
  /** The request; absent where it is none. */
  readonly request?: number;
  /** Nobody wants it any more: it is not proposed again. */
  withdrawn: boolean;
}

export interface Attempt {
  readonly slot: number;
  /**
   * `prepare`, `accept`: the phase that is under way. `backoff`: the last ballot was refused, and the next has to wait. `told`:
   * others know what was chosen, and this replica is to learn it.
   */
  phase: 'prepare' | 'accept' | 'backoff' | 'told';
  ballot: Ballot;
  /** Who promised this ballot, and who accepted what was proposed under it. */
  readonly promises: Set<NodeId>;
  readonly accepts: Set<NodeId>;
  /** What was found accepted, of the highest ballot that was reported. */
  found: AcceptedUnder | undefined;
  /** What was proposed under this ballot. */
  value: Value | undefined;
  /** What this replica wants there itself: proposed in this slot, and in no other until it is known what is chosen here. */
  wish: Wish | undefined;
  /** How many ballots were refused here. */
  lost: number;
  /** Something was sent since the last heartbeat; an answer may be on its way. */
  fresh: boolean;
}

export function newAttempt(slot: number): Attempt {
  return {
    slot,
    phase: 'backoff',
    ballot: noBallot,
    promises: new Set(),
    accepts: new Set(),
    found: undefined,
    value: undefined,
    wish: undefined,
    lost: 0,
    fresh: false,
  };
}
