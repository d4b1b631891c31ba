/** What a group needs to go on, and whether that is there at one moment. Pure. */

import type { ProtocolDefinition } from '../node/contract/definition.ts';
import type { NodeId } from '../node/contract/ids.ts';

export type FaultModel = ProtocolDefinition<unknown, unknown>['faultModel'];

/** Voters, and how many of them make a quorum. */
export interface Half {
  readonly voters: ReadonlySet<NodeId>;
  readonly quorum: number;
}

/** Who can do its part just now, and who can talk with whom: messages pass both ways. */
export interface Surroundings {
  readonly counts: (node: NodeId) => boolean;
  readonly talk: (one: NodeId, other: NodeId) => boolean;
}

/**
 * Whether a group has a quorum that can work together. Who must reach whom follows from the fault model:
 *
 * - `crash`: one leads or proposes, and what it counts are answers to itself ("Paxos Made Simple", section 2.2; Raft
 *   dissertation, section 3.5). It has to talk with the others of a quorum, and they need not talk with one another: a star.
 *   Without one nothing can be decided. Whether whoever stands in the middle can come to lead is for the protocol to show.
 * - `byzantine`: one proposes, and all count the votes of all (Castro and Liskov, 1999, section 4.2). It takes a set around
 *   one, of which each talks with that one and with a quorum of the set, itself included. That not all pairs of a quorum talk is
 *   no hindrance: of seven, let three pairs be cut apart, each from its own partner alone; no five are left that all talk with
 *   one another, and yet each of the seven hears of five others or six.
 *
 * The second costs the fourth power of the voters at the worst, where links are cut as nobody cuts them. Less may do for replicas
 * that pass on what they hear from others, but nothing promises that; `substrate/sim/quorum.test.ts` shows both.
 *
 * @param halves - one, or of a configuration that is being left both: a quorum of each is needed (Raft dissertation, section 4.3)
 */
export function hasQuorum(model: FaultModel, halves: readonly Half[], { counts, talk }: Surroundings): boolean {
  const voters = [...new Set(halves.flatMap((half) => [...half.voters]))].filter(counts);
  const reaches = (one: NodeId) => (other: NodeId) => one === other || talk(one, other);
  const around = (one: NodeId) => voters.filter(reaches(one));
  if (model === 'crash') return voters.some((one) => hasQuorumOf(halves, around(one)));
  return voters.some((one) => {
    let set = around(one);
    for (;;) {
      if (!hasQuorumOf(halves, set)) return false;
      const rest = set.filter((node) => hasQuorumOf(halves, set.filter(reaches(node))));
      if (rest.length === set.length) return true;
      set = rest;
    }
  });
}

function hasQuorumOf(halves: readonly Half[], nodes: readonly NodeId[]): boolean {
  return halves.every(({ voters, quorum }) => nodes.filter((node) => voters.has(node)).length >= quorum);
}
