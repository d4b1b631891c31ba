/** What the strikes share that take a replica its disk. */

import type { NodeId } from '../node/contract/ids.ts';
import type { Group } from '../node/contract/view.ts';
import type { Cluster } from './contracts/cluster.ts';
import { without } from './group.ts';

/**
 * A replica without its disk comes back under its old name, and votes when it is asked to. One such vote decides nothing:
 * where a group of n lets go of one, a majority of the others has what is committed, and the rest of them and that one are no
 * majority of n. With two it may: of five, n3 missed that n1 and n2 left, and what n4 and n5 committed since; it stands for
 * election, and the two elect it. And where such replicas abstain, two of five that do so and one that is down are too many.
 */
const onlyOne = 'one replica at a time may lose its disk, while all others vote: the votes of two could decide';

/** Who lost its disk while it was in the group, and was not voted in anew since. Its group cannot tell. */
const forgetful = new WeakMap<Cluster, Set<NodeId>>();

function forgetfulOf(cluster: Cluster): Set<NodeId> {
  const known = forgetful.get(cluster) ?? new Set();
  forgetful.set(cluster, known);
  return known;
}

/** @throws Error where these would not be the only ones without their disks or without a vote */
export function requireOnlyOne(cluster: Cluster, { voters }: Group, nodes: readonly NodeId[]): void {
  const gone = without(cluster.nodes, voters);
  if (new Set([...gone, ...forgetfulOf(cluster), ...nodes]).size > 1) throw new Error(onlyOne);
}

/** They are to lose their disks while they are in the group. Undone by `areMembersAnew`. */
export function forgetInGroup(cluster: Cluster, nodes: readonly NodeId[]): void {
  for (const node of nodes) forgetfulOf(cluster).add(node);
}

export function areMembersAnew(cluster: Cluster, nodes: readonly NodeId[]): void {
  for (const node of nodes) forgetfulOf(cluster).delete(node);
}

/** Kills a replica, and empties its disk before it starts again. */
export async function loseDisk(cluster: Cluster, node: NodeId): Promise<void> {
  await cluster.kill(node);
  await cluster.wipe(node);
}
