/**
 * Which group decides each slot. A group that is chosen in slot s comes into force in slot s + window, so that whoever
 * knows what was chosen up to a slot also knows who decides the next `window` ones. Lamport, Paxos Made Simple, section 3
 * (there the window is called alpha); Lamport, Malkhi, Zhou, "Reconfiguring a State Machine" (2010), section 3.
 */

import type { NodeId } from '../../contract/ids.ts';
import type { Group } from '../../contract/view.ts';

/** How many slots may be under way behind the last of which all before are known to be chosen. */
export const window = 128;

/** A voter that lost its disk: only what it says since that loss counts in the group. */
export interface Admission {
  readonly id: NodeId;
  readonly loss: number;
}

export interface ChosenGroup extends Group {
  /** Absent where nobody lost a disk. */
  readonly admitted?: readonly Admission[];
}

/** The loss of its disk since which a voter counts in a group; 0 where it lost none. */
export function lossIn({ admitted }: ChosenGroup, id: NodeId): number {
  return admitted?.find((each) => each.id === id)?.loss ?? 0;
}

export interface GroupFrom {
  /** The first slot that it decides. */
  readonly from: number;
  readonly group: ChosenGroup;
}

export class Groups {
  /** By their first slot; mostly one, and this is asked at every acknowledgement. */
  #all: readonly GroupFrom[] = [];
  #groups: readonly ChosenGroup[] = [];

  constructor(members: readonly NodeId[]) {
    this.reset([{ from: 1, group: { voters: members.toSorted(), learners: [] } }]);
  }

  /** Who decides a slot, as far as it is known. */
  at(slot: number): ChosenGroup {
    const [only] = this.#groups;
    if (only !== undefined && this.#all.length === 1) return only;
    const found = this.#all.findLast(({ from }) => from <= slot) ?? this.#all[0];
    return (found as GroupFrom).group;
  }

  /** Who decides a slot, and who decides any later one: the newest last. */
  since(slot: number): readonly ChosenGroup[] {
    if (this.#all.length === 1) return this.#groups;
    return [this.at(slot), ...this.#all.filter(({ from }) => from > slot).map(({ group }) => group)];
  }

  /** The last one that was chosen, in force or not. */
  get newest(): GroupFrom {
    return this.#all.at(-1) as GroupFrom;
  }

  /** A group was chosen, to be in force from this slot on. */
  add(from: number, group: ChosenGroup): void {
    this.reset([...this.#all, { from, group }]);
  }

  /** Those that are in force behind a slot, as a snapshot of that slot describes them. */
  behind(slot: number): readonly GroupFrom[] {
    const first = this.#all.findLastIndex(({ from }) => from <= slot + 1);
    return this.#all.slice(Math.max(0, first));
  }

  /** What a snapshot says. */
  reset(all: readonly GroupFrom[]): void {
    this.#all = all;
    this.#groups = all.map(({ group }) => group);
  }

  /** Nobody asks any more who decided the slots up to this one. */
  forgetBefore(slot: number): void {
    if (this.#all.length > 1) this.reset(this.behind(slot));
  }
}

export function isVoter({ voters }: Group, id: NodeId): boolean {
  return voters.includes(id);
}

/** All members of some groups, sorted. */
export function membersOf(groups: readonly Group[]): readonly NodeId[] {
  return [...new Set(groups.flatMap(({ voters, learners }) => [...voters, ...learners]))].sort();
}

export function sameGroup(one: Group, other: Group): boolean {
  return sameMembers(one.voters, other.voters) && sameMembers(one.learners, other.learners);
}

function sameMembers(one: readonly NodeId[], other: readonly NodeId[]): boolean {
  return new Set(one).size === new Set(other).size && one.every((id) => other.includes(id));
}
