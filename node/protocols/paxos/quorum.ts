import type { NodeId } from '../../protocol.ts';

/** Whether so many of the voters are among those who have answered. */
export function isQuorum(voters: readonly NodeId[], answered: ReadonlySet<NodeId>, wanted: number): boolean {
  let lacking = wanted;
  for (const id of voters) {
    if (lacking <= 0) break;
    if (answered.has(id)) lacking -= 1;
  }
  return lacking <= 0;
}
