/** Strikes on several processes: all of them are struck, or none stays so. */

import type { NodeId } from '../node/contract/ids.ts';
import type { Heal } from './contracts/cluster.ts';

/** What is done to one node. `takeBack` may find that there is nothing to take back. */
export interface NodeStrike {
  readonly strike: (node: NodeId) => Promise<void>;
  readonly takeBack: (node: NodeId) => Promise<void>;
}

/**
 * Strikes every node, and returns the heal. Where that fails for one of them, nobody would ever heal the others: all are
 * taken back before the failure is told, the one that failed too, as it may have been struck before its answer was lost.
 */
export async function strikeNodes(nodes: readonly NodeId[], { strike, takeBack }: NodeStrike): Promise<Heal> {
  const struck = await Promise.allSettled(nodes.map(strike));
  const failed = struck.find((result) => result.status === 'rejected');
  if (failed !== undefined) {
    // What fails here must not hide why the strike failed.
    await Promise.allSettled(nodes.map(takeBack));
    throw failed.reason;
  }
  return async () => {
    await Promise.all(nodes.map(takeBack));
  };
}
