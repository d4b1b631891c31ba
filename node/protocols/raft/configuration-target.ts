/** From what an operator wants to the changes that lead there. */
import type { NodeId } from '../../contract/ids.ts';
import { type Change, type Configuration, isJoint, votersBetween } from './configuration.ts';

/** Who should belong to the group in the end. */
export interface Target {
  readonly voters: readonly NodeId[];
  readonly learners: readonly NodeId[];
}

/** What to ask of `simple` or of `enterJoint`, which may still refuse it. */
export interface Route {
  /** One change at most for each replica; none where nothing is to be done. */
  readonly changes: readonly Change[];
  /** Whether more than one voter comes or goes, so that it takes joint consensus (section 4.3). */
  readonly joint: boolean;
}

/** The way from a configuration to the one that is wanted, or why there is none. */
export function changeTo(configuration: Configuration, target: Target): Route | { readonly error: string } {
  if (isJoint(configuration)) return { error: 'The group is in the middle of another change of its configuration.' };
  const both = target.voters.find((id) => target.learners.includes(id));
  if (both !== undefined) return { error: `${both} cannot be both a voter and a learner.` };
  const wanted = new Set([...target.voters, ...target.learners]);
  const { voters, learners } = configuration;
  const changes: Change[] = [
    ...missing(target.voters, voters).map((id) => ({ kind: 'add-voter', id }) as const),
    ...missing(target.learners, learners).map((id) => ({ kind: 'add-learner', id }) as const),
    ...[...voters, ...learners].filter((id) => !wanted.has(id)).map((id) => ({ kind: 'remove', id }) as const),
  ];
  return { changes, joint: votersBetween(voters, [...new Set(target.voters)]) > 1 };
}

/** Those of `wanted` that are not in `present`, each once. */
function missing(wanted: readonly NodeId[], present: readonly NodeId[]): readonly NodeId[] {
  return [...new Set(wanted)].filter((id) => !present.includes(id));
}
