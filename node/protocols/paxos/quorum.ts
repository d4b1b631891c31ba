import type { QuorumSizes } from '../../contract/config.ts';
import type { NodeId } from '../../contract/ids.ts';
import { isVoter } from './groups.ts';
import type { Learner } from './learner.ts';

/** A majority in each phase, where nothing else is wanted. */
export function majorities(voters: number): QuorumSizes {
  const majority = Math.floor(voters / 2) + 1;
  return { phase1: majority, phase2: majority };
}

/** Whether so many of the voters pass. Asked at every answer, so it keeps nothing. */
export function reaches(voters: readonly NodeId[], wanted: number, test: (id: NodeId) => boolean): boolean {
  let lacking = wanted;
  for (const id of voters) {
    if (lacking <= 0) break;
    if (test(id)) lacking -= 1;
  }
  return lacking <= 0;
}

/** Whether so many of the voters are among those who have answered. */
export function isQuorum(voters: readonly NodeId[], answered: ReadonlySet<NodeId>, wanted: number): boolean {
  return reaches(voters, wanted, (id) => answered.has(id));
}

/** Whether a replica votes in any group that decides a slot which is not known to be chosen. */
export function votesFromNowOn({ groups, chosenTo }: Learner, id: NodeId): boolean {
  return groups.since(chosenTo + 1).some((group) => isVoter(group, id));
}
