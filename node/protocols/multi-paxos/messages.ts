/** Multi-Paxos' messages and durable records: immutable values. */
import type { Ballot } from '../paxos/ballot.ts';
import type { LearnerMessage, LearnerRecord } from '../paxos/learner-messages.ts';
import type { Value } from '../paxos/value.ts';

/** Values that were accepted under one ballot, in the slots from `from` on. */
export interface Run {
  readonly ballot: Ballot;
  readonly from: number;
  readonly values: readonly Value[];
}

/** Phase 1a, once for all slots from `from` on. Paxos Made Simple, section 3. */
export interface Prepare {
  readonly type: 'prepare';
  readonly ballot: Ballot;
  readonly from: number;
  /** The leader under this ballot has asked for this; that it is alive is no reason to hold back. */
  readonly handover?: Ballot;
}

/** Phase 1b: no lower ballot is accepted from now on, in any slot. */
export interface Promised {
  readonly type: 'promise';
  readonly ballot: Ballot;
  /** The sender knows what was chosen in all slots up to here, and says nothing of them. */
  readonly chosenTo: number;
  /** What it has accepted in the slots behind that. */
  readonly runs: readonly Run[];
  /** The loss of its disk since which the sender says this; 0 where there was none. */
  readonly loss: number;
}

/** A prepare or an accept of a lower ballot than was promised. */
export interface Refuse {
  readonly type: 'refuse';
  /** The ballot that is refused. */
  readonly ballot: Ballot;
  readonly promised: Ballot;
}

/** Phase 2a of some slots; without values it is a heartbeat. */
export interface Accept {
  readonly type: 'accept';
  readonly ballot: Ballot;
  /** Where what is sent to this acceptor begins. Slots before that are none of its business. */
  readonly base: number;
  readonly from: number;
  readonly values: readonly Value[];
  /** The commit index: what was chosen in all slots up to here is known to the sender. */
  readonly chosenTo: number;
  /** The round of leadership confirmation that the answer must echo; see `reads.ts`. */
  readonly round: number;
}

/** Phase 2b: all slots from `base` to `to` are accepted under this ballot. */
export interface Accepted {
  readonly type: 'accepted';
  readonly ballot: Ballot;
  readonly base: number;
  readonly to: number;
  /** What was sent began behind a gap, and was not taken: the next message has to begin behind `to`. */
  readonly gap: boolean;
  /** What was chosen in all slots up to here is known to the sender. */
  readonly chosenTo: number;
  readonly round: number;
  /** The loss of its disk since which the sender says this; 0 where there was none. */
  readonly loss: number;
}

/** The leader asks the receiver to prepare at once. */
export interface HandOver {
  readonly type: 'hand-over';
  readonly ballot: Ballot;
}

export type MultiPaxosMessage = Prepare | Promised | Refuse | Accept | Accepted | HandOver | LearnerMessage;

/** No lower ballot is accepted from now on; and what was chosen up to a slot was known by then. */
export interface PromiseRecord {
  readonly kind: 'promise';
  readonly ballot: Ballot;
  readonly chosenTo: number;
}

/** Values accepted from slot `from` on, which promises as much as a promise; and what was chosen was known up to a slot. */
export interface AcceptRecord {
  readonly kind: 'accept';
  readonly ballot: Ballot;
  readonly from: number;
  readonly values: readonly Value[];
  readonly chosenTo: number;
}

/** The disk was lost before this was written: what was promised and accepted by then is forgotten. */
export interface LostRecord {
  readonly kind: 'lost';
  readonly loss: number;
}

export type MultiPaxosRecord = PromiseRecord | AcceptRecord | LostRecord | LearnerRecord;
