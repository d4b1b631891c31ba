import type { NodeId } from '../node/contract/ids.ts';
import type { NodeStatus } from './contracts/cluster.ts';

/** The replicas that run. */
export function running(statuses: readonly NodeStatus[]): NodeStatus[] {
  return statuses.filter(({ state }) => state === 'up');
}

/** Who leads: of several that believe so, the one of the highest epoch; undefined where nobody does. */
export function leaderAmong(statuses: readonly NodeStatus[]): NodeId | undefined {
  let best: NodeStatus | undefined;
  for (const status of statuses) {
    if (status.view === null || status.view.leader !== status.node) continue;
    if (best?.view === undefined || best.view === null || status.view.epoch > best.view.epoch) best = status;
  }
  return best?.node;
}
