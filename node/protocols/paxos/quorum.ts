import type { NodeId } from '../../protocol.ts';
import { isVoter } from './groups.ts';
import type { Learner } from './learner.ts';

/** Whether so many of the voters are among those who have answered. */
export function isQuorum(voters: readonly NodeId[], answered: ReadonlySet<NodeId>, wanted: number): boolean {
  let lacking = wanted;
  for (const id of voters) {
    if (lacking <= 0) break;
    if (answered.has(id)) lacking -= 1;
  }
  return lacking <= 0;
}

/** Whether a replica votes in any group that decides a slot which is not known to be chosen. */
export function votesFromNowOn({ groups, chosenTo }: Learner, id: NodeId): boolean {
  return groups.since(chosenTo + 1).some((group) => isVoter(group, id));
}
