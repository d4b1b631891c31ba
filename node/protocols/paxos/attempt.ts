/** What a proposer does in one slot. */
import type { NodeId } from '../../contract/ids.ts';
import { type Ballot, compareBallots, noBallot } from './ballot.ts';
import type { Accept, AcceptedUnder, Prepare } from './messages.ts';
import type { Value } from './value.ts';
import type { Wish } from './wishes.ts';

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

/** Phase 1 begins under a ballot; what was heard under the one before says nothing of this one. */
export function beginBallot(attempt: Attempt, ballot: Ballot): void {
  attempt.ballot = ballot;
  attempt.phase = 'prepare';
  attempt.promises.clear();
  attempt.accepts.clear();
  attempt.found = undefined;
  attempt.value = undefined;
  attempt.fresh = true;
}

/** Phase 2 begins. */
export function beginProposal(attempt: Attempt, value: Value): void {
  attempt.value = value;
  attempt.phase = 'accept';
  attempt.fresh = true;
}

/** An acceptor reports what it has accepted: that of the highest ballot counts. Paxos Made Simple, section 2.2, P2c. */
export function heed(attempt: Attempt, accepted: AcceptedUnder): void {
  const { found } = attempt;
  if (found === undefined || compareBallots(accepted.ballot, found.ballot) > 0) attempt.found = accepted;
}

export function prepareOf({ slot, ballot }: Attempt): Prepare {
  return { type: 'prepare', slot, ballot };
}

/** Undefined where nothing was proposed yet. */
export function acceptOf({ slot, ballot, value }: Attempt): Accept | undefined {
  return value && { type: 'accept', slot, ballot, value };
}
