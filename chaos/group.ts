/** Orders to a group: said to whoever leads, again and again until it is done. */
import type { Cluster, Group, NodeId, Order } from './contracts.ts';
import { leaderAmong } from './running.ts';

/** How long an order is tried, in milliseconds: long enough for an election, and for a replica to catch up. */
const patienceMs = 15_000;
const againMs = 50;

/**
 * Says to whoever leads what is wanted of the group, until it is done.
 *
 * @param orderFor - the order, given the group as it is; null where there is nothing to be done any more
 * @throws Error with the last reason where it is not done in time
 */
export async function orderGroup(
  cluster: Cluster,
  orderFor: (group: Group, leader: NodeId) => Order | null,
): Promise<void> {
  const { clock } = cluster;
  const untilMs = clock.now() + patienceMs;
  let why = 'nobody led';
  while (clock.now() < untilMs) {
    const leader = leaderAmong(cluster.nodes.map((node) => cluster.status(node)));
    const group = leader === undefined ? undefined : cluster.status(leader).view?.group;
    if (leader !== undefined && group !== undefined) {
      const order = orderFor(group, leader);
      if (order === null) return;
      try {
        await withinTime(cluster, cluster.order(leader, order), untilMs);
        return;
      } catch (error) {
        why = (error as Error).message;
      }
    }
    await clock.sleep(againMs);
  }
  throw new Error(`the group did not do it within ${patienceMs / 1000} s: ${why}`);
}

/** A leader that is cut off answers when it has stepped down, and one that is paused not at all. */
async function withinTime({ clock }: Cluster, done: Promise<void>, untilMs: number): Promise<void> {
  const over = new AbortController();
  const late = clock.sleep(Math.max(0, untilMs - clock.now()), over.signal).then(() => {
    if (!over.signal.aborted) throw new Error('the leader did not answer');
  });
  try {
    await Promise.race([done, late]);
  } finally {
    over.abort();
  }
}

/** Who votes from now on; who learns stays as it is, but for those. */
export const votersOrder = (group: Group, voters: readonly NodeId[]): Order => ({
  kind: 'reconfigure',
  voters,
  learners: group.learners.filter((id) => !voters.includes(id)),
});
