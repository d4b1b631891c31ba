/**
 * Who belongs to the group and in which role, and how that changes: one voter at a time, or any number through a joint
 * configuration. Dissertation, chapter 4; the rules are those of etcd's raft library (package `confchange`).
 *
 * A configuration is an immutable value with one spelling: its lists are sorted and name nobody twice. An operator can ask
 * for what cannot be done, and is answered in a sentence; a configuration that breaks the rules itself is a broken
 * invariant.
 */

import type { NodeId } from '../../contract/ids.ts';
import { invariant } from '../../contract/invariant.ts';
import type { Voters } from './quorum.ts';

export interface Configuration extends Voters {
  /** They get entries and have no vote (section 4.2.1). No learner is a voter of either half. */
  readonly learners: readonly NodeId[];
  /** Outgoing voters that turn into learners when the joint configuration is left. Until then they vote. */
  readonly learnersNext: readonly NodeId[];
  /** Whether the leader leaves this joint configuration by itself, as soon as it is committed. */
  readonly autoLeave: boolean;
}

/** `update` changes nothing in a configuration. */
export interface Change {
  readonly kind: 'add-voter' | 'add-learner' | 'remove' | 'update';
  readonly id: NodeId;
}

/** What became of a configuration, or why it stays as it is. */
export type Changed = { readonly configuration: Configuration } | { readonly error: string };

/** The most replicas that one configuration may name. */
export const maxMembers = 100;

/** As in the settings of a replica: from 1 to 64 letters, digits and ._/- */
const nodeId = /^[A-Za-z0-9][\w./-]{0,63}$/;

/** What a replica knows before it is told of any configuration. No change leads to it. */
export const emptyConfiguration: Configuration = {
  voters: [],
  outgoing: [],
  learners: [],
  learnersNext: [],
  autoLeave: false,
};

/** The configuration in which a group begins: all are voters. */
export function initialConfiguration(members: readonly NodeId[]): Configuration {
  return sound({ ...emptyConfiguration, voters: members.toSorted() });
}

export function isJoint(configuration: Configuration): boolean {
  return configuration.outgoing.length > 0;
}

/** Whether it has a vote, in either half. */
export function isVoter({ voters, outgoing }: Configuration, id: NodeId): boolean {
  return voters.includes(id) || outgoing.includes(id);
}

/** All that have a vote, in either half. */
export function allVoters({ voters, outgoing }: Configuration): readonly NodeId[] {
  return outgoing.length === 0 ? voters : sorted(new Set([...voters, ...outgoing]));
}

/** All that get entries. */
export function members({ voters, outgoing, learners }: Configuration): readonly NodeId[] {
  return sorted(new Set([...voters, ...outgoing, ...learners]));
}

export function equalConfigurations(one: Configuration, other: Configuration): boolean {
  return (
    one.autoLeave === other.autoLeave &&
    equalLists(one.voters, other.voters) &&
    equalLists(one.outgoing, other.outgoing) &&
    equalLists(one.learners, other.learners) &&
    equalLists(one.learnersNext, other.learnersNext)
  );
}

function equalLists(one: readonly NodeId[], other: readonly NodeId[]): boolean {
  return one.length === other.length && one.every((id, at) => id === other[at]);
}

/** Section 4.1: any number of learners and at most one voter; every two majorities before and after then share one. */
export function simple(configuration: Configuration, changes: readonly Change[]): Changed {
  sound(configuration);
  if (isJoint(configuration)) return { error: 'A joint configuration must be left before it takes a simple change.' };
  const changed = apply(configuration, changes);
  if ('error' in changed || votersBetween(configuration.voters, changed.configuration.voters) <= 1) return changed;
  return { error: 'More than one voter would change, which takes joint consensus.' };
}

/** Section 4.3: what were the voters stays as the outgoing half, and the changes are made to the other half. */
export function enterJoint(configuration: Configuration, autoLeave: boolean, changes: readonly Change[]): Changed {
  sound(configuration);
  if (isJoint(configuration)) return { error: 'A joint configuration must be left before another is entered.' };
  if (configuration.voters.length === 0) return { error: 'A configuration without voters cannot become joint.' };
  return apply({ ...configuration, outgoing: configuration.voters, autoLeave }, changes);
}

/** Section 4.3: the outgoing half has no more to say, and those of it that are to learn do so from now on. */
export function leaveJoint(configuration: Configuration): Changed {
  sound(configuration);
  if (!isJoint(configuration)) return { error: 'The configuration is not joint, so there is nothing to leave.' };
  const { voters, learners, learnersNext } = configuration;
  return { configuration: sound({ ...emptyConfiguration, voters, learners: [...learners, ...learnersNext].sort() }) };
}

/** Makes the changes one after the other; each moves one replica, and has nothing to say about others. */
function apply(configuration: Configuration, changes: readonly Change[]): Changed {
  const voters = new Set(configuration.voters);
  const learners = new Set(configuration.learners);
  const learnersNext = new Set(configuration.learnersNext);
  for (const { kind, id } of changes) {
    if (!nodeId.test(id)) return { error: `${JSON.stringify(id)} is not the name of a replica.` };
    if (kind === 'update') continue;
    for (const role of [voters, learners, learnersNext]) role.delete(id);
    if (kind === 'add-voter') voters.add(id);
    // Who still votes in the outgoing half cannot be a learner as well.
    if (kind === 'add-learner') (configuration.outgoing.includes(id) ? learnersNext : learners).add(id);
  }
  if (voters.size === 0) return { error: 'No voter would be left.' };
  const changed: Configuration = {
    ...configuration,
    voters: sorted(voters),
    learners: sorted(learners),
    learnersNext: sorted(learnersNext),
  };
  const count = members(changed).length;
  if (count > maxMembers) return { error: `The group would have ${count} members, and at most ${maxMembers} fit.` };
  return { configuration: sound(changed) };
}

function sorted(ids: ReadonlySet<NodeId>): readonly NodeId[] {
  return [...ids].sort();
}

/** How many are voters on one side only. */
export function votersBetween(one: readonly NodeId[], other: readonly NodeId[]): number {
  return one.filter((id) => !other.includes(id)).length + other.filter((id) => !one.includes(id)).length;
}

function sound(configuration: Configuration): Configuration {
  const flaw = flawOf(configuration);
  invariant(flaw === undefined, `a configuration ${flaw}: ${JSON.stringify(configuration)}`);
  return configuration;
}

/** Why this is no configuration; undefined where it is one. */
export function flawOf(configuration: Configuration): string | undefined {
  const { voters, outgoing, learners, learnersNext, autoLeave } = configuration;
  const lists = [voters, outgoing, learners, learnersNext];
  if (lists.flat().some((id) => !nodeId.test(id))) return 'holds what is not the name of a replica';
  if (lists.some((ids) => !isAscending(ids))) return 'is out of order, or names a replica twice in one role';
  if (learners.some((id) => isVoter(configuration, id))) return 'has a learner that votes';
  if (learnersNext.some((id) => voters.includes(id) || !outgoing.includes(id))) {
    return 'has a learner to come that is not an outgoing voter alone';
  }
  if (autoLeave && !isJoint(configuration)) return 'leaves by itself what is not joint';
  const count = members(configuration).length;
  if (voters.length === 0 && count > 0) return 'has members and no voter';
  return count > maxMembers ? `names ${count} replicas` : undefined;
}

function isAscending(ids: readonly NodeId[]): boolean {
  return ids.every((id, at) => at === 0 || (ids[at - 1] as NodeId) < id);
}
