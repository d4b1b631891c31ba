/**
 * Ballots: pairs of a round and the replica that it belongs to, ordered by the round first. No two replicas share one.
 * Lamport, "Paxos Made Simple" (2001), section 2.2 and 2.5, where they are proposal numbers.
 */

import type { NodeId } from '../../contract/ids.ts';
import { fnv1a } from '../../hash.ts';

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

/** Room for the most members that a group may begin with, and for some that come later, of which hardly two meet. */
const places = 1000;
const firstPlaces = 101;

/**
 * A ballot as one number, for observers: 3002 is round 3 of the second of the group's first members. The place of one that
 * came later follows from its name.
 */
export function epochOf({ round, node }: Ballot, firstMembers: readonly NodeId[]): number {
  const place = firstMembers.indexOf(node) + 1;
  if (place > 0 || node === '') return round * places + place;
  return round * places + firstPlaces + (fnv1a(Buffer.from(node)) % (places - firstPlaces));
}
