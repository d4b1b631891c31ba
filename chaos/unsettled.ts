import type { NodeId } from '../node/contract/ids.ts';
import type { NodeStatus } from './contracts/cluster.ts';
import { leaderAmong } from './running.ts';

/**
 * Why a cluster is not at rest, in words: all replicas run, and those of the group follow one leader and have applied the
 * same. Null where it is, and for a system that reports nothing of itself.
 *
 * @param trustsLogs - whether all that stands in a log is to be applied; where replicas are malicious, one of them may have put
 *   there what nobody else will hear of
 */
export function whyUnsettled(statuses: readonly NodeStatus[], trustsLogs = true): string | null {
  const absent = statuses.filter(({ state }) => state !== 'up').map(({ node }) => node);
  if (absent.length > 0) return `${absent.join(', ')} did not run`;
  const views = statuses.flatMap(({ node, view, appliedIndex }) =>
    view === null ? [] : [{ node, view, appliedIndex }],
  );
  if (views.length === 0) return null;
  if (views.length < statuses.length) {
    const silent = statuses.filter(({ view }) => view === null).map(({ node }) => node);
    return `${silent.join(', ')} did not answer`;
  }
  const group = membersBy(statuses);
  const members = views.filter(({ node }) => group === undefined || group.includes(node));
  const leaders = new Set(members.map(({ view }) => view.leader ?? 'nobody'));
  if (leaders.size > 1 || leaders.has('nobody')) {
    const followed = members.map(({ node, view }) => `${node} follows ${view.leader ?? 'nobody'}`);
    return `the replicas did not agree on a leader (${followed.join(', ')})`;
  }
  const last = Math.max(...members.map(({ view, appliedIndex }) => (trustsLogs ? view.lastIndex : appliedIndex)));
  const behind = members.filter(({ appliedIndex }) => appliedIndex < last);
  if (behind.length === 0) return null;
  return `${behind.map(({ node, appliedIndex }) => `${node} had applied ${appliedIndex}`).join(', ')} of ${last}`;
}

/** Who belongs to the group, by whoever leads it; undefined where nobody does, or that cannot change. */
export function membersBy(statuses: readonly NodeStatus[]): readonly NodeId[] | undefined {
  const leader = leaderAmong(statuses);
  const group = statuses.find(({ node }) => node === leader)?.view?.group;
  return group === undefined ? undefined : [...group.voters, ...group.learners];
}
