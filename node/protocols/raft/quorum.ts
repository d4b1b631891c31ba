/**
 * What a majority agrees on, in a plain or a joint configuration. Dissertation, sections 3.3, 3.6.2 and 4.3.
 *
 * A half without voters agrees with everything, so that a configuration that is not joint (its `outgoing` half is empty)
 * decides as its other half does. Both halves are empty only in `emptyConfiguration`, at a replica that knows no
 * configuration yet: such a replica is no voter, and must neither stand for election nor count.
 */
import type { NodeId } from '../../contract/ids.ts';

/** Who decides. */
export interface Voters {
  readonly voters: readonly NodeId[];
  /** The voters of the configuration that is being left; empty where the configuration is not joint. */
  readonly outgoing: readonly NodeId[];
}

/** Whether those replicas that pass `test` may decide. A larger set must never have less to say than a smaller one. */
export type Tally = (voters: Voters, test: (id: NodeId) => boolean) => boolean;

export type VoteResult = 'won' | 'pending' | 'lost';

/**
 * Section 4.3: a joint configuration decides by a majority of each of its halves, not of both together. All else in this
 * file follows from this rule. It is asked at every acknowledgement, so it neither sorts nor keeps anything.
 */
export const holdsFor: Tally = ({ voters, outgoing }, test) => majorityOf(voters, test) && majorityOf(outgoing, test);

function majorityOf(half: readonly NodeId[], test: (id: NodeId) => boolean): boolean {
  let lacking = half.length === 0 ? 0 : Math.floor(half.length / 2) + 1;
  for (const id of half) {
    if (lacking === 0) break;
    if (test(id)) lacking -= 1;
  }
  return lacking === 0;
}

/**
 * The highest index that may count as stored, given how far each voter stores the log (0 where that is not known).
 * Infinity where there are no voters at all. Takes quadratic time: ask `holdsFor` first whether anything is new.
 */
export function committedIndex(voters: Voters, matchIndex: (id: NodeId) => number, tally: Tally = holdsFor): number {
  if (voters.voters.length + voters.outgoing.length === 0) return Number.POSITIVE_INFINITY;
  let committed = 0;
  for (const half of [voters.voters, voters.outgoing]) {
    for (const id of half) {
      const index = matchIndex(id);
      if (index > committed && tally(voters, (other) => matchIndex(other) >= index)) committed = index;
    }
  }
  return committed;
}

/**
 * `won` and `lost` are final, whatever votes are still to come: it is lost when not even all that have not answered could
 * turn it.
 */
export function voteResult(voters: Voters, votes: ReadonlyMap<NodeId, boolean>, tally: Tally = holdsFor): VoteResult {
  if (tally(voters, (id) => votes.get(id) === true)) return 'won';
  return tally(voters, (id) => votes.get(id) !== false) ? 'pending' : 'lost';
}
