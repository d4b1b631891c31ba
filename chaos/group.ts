/** Orders to a group: said to whoever leads, again and again until it is done. */

import type { NodeId } from '../node/contract/ids.ts';
import type { Order } from '../node/contract/inputs.ts';
import type { Group } from '../node/contract/view.ts';
import type { Cluster, Heal } from './contracts/cluster.ts';
import type { LabEvent } from './contracts/events.ts';
import type { StrikeEvidence } from './contracts/faults.ts';
import { leaderAmong } from './running.ts';

/** How long an order is tried, in milliseconds: long enough for an election, and for a replica to catch up. */
const patienceMs = 15_000;
const againMs = 20;

/**
 * Says to whoever leads what is wanted of the group, until it is done.
 *
 * @param orderFor - the order, given the group as it is; null where there is nothing to be done any more. What it throws
 *   ends the matter
 * @throws Error with the last reason that was given, where it is not done in time
 */
export async function orderGroup(
  cluster: Cluster,
  orderFor: (group: Group, leader: NodeId) => Order | null,
): Promise<void> {
  const { clock } = cluster;
  const untilMs = clock.now() + patienceMs;
  let why = { silence: '', refusal: '' };
  while (clock.now() < untilMs) {
    const leader = leaderOf(cluster);
    const group = leader === undefined ? undefined : cluster.status(leader).view?.group;
    if (leader === undefined) why = { ...why, silence: 'nobody led' };
    else if (group === undefined) why = { ...why, silence: `${leader} did not say who belongs to the group` };
    else {
      const order = orderFor(group, leader);
      if (order === null) return;
      try {
        if (!(await isAnswered(cluster, leader, order, untilMs))) why = { ...why, silence: `${leader} did not answer` };
        else return;
      } catch (error) {
        why = { silence: '', refusal: (error as Error).message };
      }
    }
    await clock.sleep(againMs);
  }
  const reasons = [why.silence, why.refusal].filter((reason) => reason !== '').join('; before that: ');
  throw new Error(`the group did not do it within ${patienceMs / 1000} s: ${reasons}`);
}

export function leaderOf(cluster: Cluster): NodeId | undefined {
  return leaderAmong(cluster.nodes.map((node) => cluster.status(node)));
}

/**
 * Says it to one replica, which may never answer: a paused one says nothing while it is paused. False once it is no use to
 * wait for it any more, because it is too late or somebody else leads.
 */
async function isAnswered(cluster: Cluster, leader: NodeId, order: Order, untilMs: number): Promise<boolean> {
  const over = new AbortController();
  try {
    return await Promise.race([
      cluster.order(leader, order).then(() => true),
      outlasted(cluster, leader, untilMs, over.signal).then(() => false),
    ]);
  } finally {
    over.abort();
  }
}

async function outlasted(cluster: Cluster, leader: NodeId, untilMs: number, signal: AbortSignal): Promise<void> {
  const { clock } = cluster;
  while (clock.now() < untilMs && (leaderOf(cluster) ?? leader) === leader && !signal.aborted) {
    await clock.sleep(Math.min(againMs, untilMs - clock.now()), signal);
  }
}

/**
 * Changes who belongs to the group. The heal gives the vote back to those who lost it by that; it waits until they have
 * caught up, and so cannot end while they are cut off.
 *
 * @param change - the group that is wanted, given the one that is there
 * @throws Error at once where nobody would be left to vote, or nothing would change
 */
export async function regroup(cluster: Cluster, change: (group: Group) => Group): Promise<Heal> {
  // As it was before the first attempt: one that is not answered may have been carried out all the same.
  let before: Group | undefined;
  await orderGroup(cluster, (group) => {
    const wanted = change(group);
    if (wanted.voters.length === 0) throw new Error('nobody would be left to vote');
    if (before === undefined && sameGroup(group, wanted)) throw new Error('the group is already as it should become');
    before ??= group;
    return { kind: 'reconfigure', ...wanted };
  });
  const lost = before === undefined ? [] : without(before.voters, change(before).voters);
  return () => voteIn(cluster, lost);
}

/** Gives a vote to some more. It waits until they have caught up. */
export function voteIn(cluster: Cluster, more: readonly NodeId[]): Promise<void> {
  return orderGroup(cluster, (group) => {
    const voters = [...new Set([...group.voters, ...more])];
    return { kind: 'reconfigure', voters, learners: without(group.learners, voters) };
  });
}

/** Lets go of some, unless somebody else has done so already. */
export function voteOut(cluster: Cluster, nodes: readonly NodeId[]): Promise<void> {
  return orderGroup(cluster, ({ voters, learners }) =>
    nodes.some((node) => voters.includes(node) || learners.includes(node))
      ? { kind: 'reconfigure', voters: without(voters, nodes), learners: without(learners, nodes) }
      : null,
  );
}

export const without = (ids: readonly NodeId[], others: readonly NodeId[]): NodeId[] =>
  ids.filter((id) => !others.includes(id));

function sameGroup(one: Group, other: Group): boolean {
  const same = (a: readonly NodeId[], b: readonly NodeId[]) => without(a, b).length === 0 && without(b, a).length === 0;
  return same(one.voters, other.voters) && same(one.learners, other.learners);
}

type Configuration = Extract<LabEvent, { type: 'configuration' }>;

/** Whether somebody came to act by a configuration like this. That it was committed, the end of the order has told. */
export function seenConfiguration(
  { events }: StrikeEvidence,
  like: (configuration: Configuration) => boolean,
): boolean {
  return events.some((event) => event.type === 'configuration' && like(event));
}

/** Whether none of the nodes has a vote, also not in the configuration that is being left. */
export function noneVotes({ voters, outgoing }: Configuration, nodes: readonly NodeId[]): boolean {
  return nodes.every((node) => !voters.includes(node) && !outgoing.includes(node));
}
