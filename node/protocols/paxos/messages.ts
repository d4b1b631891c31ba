/** Paxos' messages and durable records: immutable values. Each slot is an instance of its own. */
import type { Ballot } from './ballot.ts';
import type { LearnerMessage, LearnerRecord } from './learner-messages.ts';
import type { Value } from './value.ts';

/** A value, and the ballot under which it was accepted. */
export interface AcceptedUnder {
  readonly ballot: Ballot;
  readonly value: Value;
}

/** Where a value was chosen last, as far as somebody knows; slot 0 where that is nowhere. */
export interface LastChosen {
  readonly slot: number;
  readonly ballot: Ballot;
}

/** Phase 1a. Paxos Made Simple, section 2.2. */
export interface Prepare {
  readonly type: 'prepare';
  readonly slot: number;
  readonly ballot: Ballot;
}

/** Phase 1b: in this slot no lower ballot is accepted from now on. */
export interface Promised {
  readonly type: 'promise';
  readonly slot: number;
  readonly ballot: Ballot;
  /** What the sender has accepted there last; absent where that is nothing. */
  readonly accepted?: AcceptedUnder;
}

/** A prepare or an accept of a lower ballot than was promised in the slot. */
export interface Refuse {
  readonly type: 'refuse';
  readonly slot: number;
  /** The ballot that is refused. */
  readonly ballot: Ballot;
  readonly promised: Ballot;
}

/** Phase 2a. */
export interface Accept {
  readonly type: 'accept';
  readonly slot: number;
  readonly ballot: Ballot;
  readonly value: Value;
}

/** Phase 2b. */
export interface Accepted {
  readonly type: 'accepted';
  readonly slot: number;
  readonly ballot: Ballot;
}

/** A quorum has accepted what was proposed under this ballot; whoever accepted it, or anything later, knows the value. */
export interface Chosen {
  readonly type: 'chosen';
  readonly slot: number;
  readonly ballot: Ballot;
}

/** What was asked for is about a slot that was chosen long ago: the sender knows what was chosen in all slots up to here. */
export interface Known {
  readonly type: 'known';
  readonly chosenTo: number;
}

/** Said to everybody now and then, so that who missed something finds out. */
export interface Heartbeat {
  readonly type: 'heartbeat';
  readonly chosenTo: number;
  readonly last: LastChosen;
}

/**
 * A read begins: which slots may be chosen by now? Rounds of one replica only grow in each of its lives, and no two lives share
 * a number, so that an old answer serves no new read.
 */
export interface Probe {
  readonly type: 'probe';
  readonly life: number;
  readonly round: number;
}

/** The answer to a probe. */
export interface Probed {
  readonly type: 'probed';
  readonly life: number;
  readonly round: number;
  /** The last slot in which the sender has accepted anything. */
  readonly acceptedTo: number;
  /** The last slot that the sender knows to be chosen, with or without those before it. */
  readonly lastChosen: number;
}

export type PaxosMessage =
  | Prepare
  | Promised
  | Refuse
  | Accept
  | Accepted
  | Chosen
  | Known
  | Heartbeat
  | Probe
  | Probed
  | LearnerMessage;

/** No lower ballot is accepted in this slot from now on; and what was chosen up to a slot was known by then. */
export interface PromiseRecord {
  readonly kind: 'promise';
  readonly slot: number;
  readonly ballot: Ballot;
  readonly chosenTo: number;
}

/** A value was accepted, which promises as much as a promise; and what was chosen up to a slot was known by then. */
export interface AcceptRecord {
  readonly kind: 'accept';
  readonly slot: number;
  readonly ballot: Ballot;
  readonly value: Value;
  readonly chosenTo: number;
}

export type PaxosRecord = PromiseRecord | AcceptRecord | LearnerRecord;
