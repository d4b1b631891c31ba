/**
 * Ballots: pairs of a round and the replica that it belongs to, ordered by the round first. No two replicas share one.
 * Lamport, "Paxos Made Simple" (2001), section 2.2 and 2.5, where they are proposal numbers.
 */
import type { NodeId } from '../../protocol.ts';

export interface Ballot {
  readonly round: number;
  readonly node: NodeId;
}

/** Before every ballot; nobody proposes under it. */
export const noBallot: Ballot = { round: 0, node: '' };

/** Negative where `one` comes first, 0 where they are the same, positive where `other` comes first. */
export function compareBallots(one: Ballot, other: Ballot): number {
  if (one.round !== other.round) return one.round - other.round;
  if (one.node === other.node) return 0;
  return one.node < other.node ? -1 : 1;
}

export function isSameBallot(one: Ballot, other: Ballot): boolean {
  return one.round === other.round && one.node === other.node;
}

export function laterOf(one: Ballot, other: Ballot): Ballot {
  return compareBallots(one, other) >= 0 ? one : other;
}

/** One more than the most members that a group may have. */
const places = 1000;

/**
 * A ballot as one number, for observers: 3002 is round 3 of the second of the group's first members. Who came later has
 * place 0.
 */
export function epochOf({ round, node }: Ballot, firstMembers: readonly NodeId[]): number {
  return round * places + firstMembers.indexOf(node) + 1;
}
