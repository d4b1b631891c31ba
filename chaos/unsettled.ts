import type { NodeStatus } from './contracts.ts';

/**
 * Why a cluster is not at rest, in words: all replicas run, follow one leader, and have applied the same. Null where it is,
 * and for a system that reports nothing of itself.
 */
export function whyUnsettled(statuses: readonly NodeStatus[]): string | null {
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
  const leaders = new Set(views.map(({ view }) => view.leader ?? 'nobody'));
  if (leaders.size > 1 || leaders.has('nobody')) {
    const followed = views.map(({ node, view }) => `${node} follows ${view.leader ?? 'nobody'}`);
    return `the replicas did not agree on a leader (${followed.join(', ')})`;
  }
  const last = Math.max(...views.map(({ view }) => view.lastIndex));
  const behind = views.filter(({ appliedIndex }) => appliedIndex < last);
  if (behind.length === 0) return null;
  return `${behind.map(({ node, appliedIndex }) => `${node} had applied ${appliedIndex}`).join(', ')} of ${last}`;
}
