/**
 * Changes of the group that an operator asks for, of any member. A group is the value of a slot, and decides from a window
 * later on (`groups.ts`): the slots between are filled, so that it comes into force soon.
 */

import type { ReplicaConfig } from '../../contract/config.ts';
import type { NodeId } from '../../contract/ids.ts';
import type { Order } from '../../contract/inputs.ts';
import type { Group } from '../../contract/view.ts';
import { quorumFlaw } from '../../quorum-sizes.ts';
import { encodeGroup, flawOf, normalGroup } from './group-codec.ts';
import { sameGroup, window } from './groups.ts';
import type { Learner } from './learner.ts';
import type { PaxosMessage, PaxosRecord } from './messages.ts';
import type { Out } from './outbox.ts';
import type { Peers } from './peers.ts';
import type { Proposer } from './proposer.ts';
import { isQuorum, votesFromNowOn } from './quorum.ts';
import type { PaxosRules } from './rules.ts';
import type { Wish } from './wishes.ts';

/** How long a change may take before it is given up, in election time-outs. */
const patience = 20;

export const changeTimer = 'change';

interface GroupChange {
  readonly order: number;
  readonly group: Group;
  /** Undefined while newcomers are waited for. */
  wish: Wish | undefined;
  /** Where it was chosen; 0 where it is not yet. */
  slot: number;
}

export interface MembershipParts {
  readonly learner: Learner;
  readonly proposer: Proposer;
  readonly peers: Peers;
}

export class Membership {
  readonly #config: ReplicaConfig;
  readonly #rules: PaxosRules;
  readonly #out: Out<PaxosMessage, PaxosRecord>;
  readonly #parts: MembershipParts;
  #change: GroupChange | undefined;

  constructor(config: ReplicaConfig, rules: PaxosRules, out: Out<PaxosMessage, PaxosRecord>, parts: MembershipParts) {
    this.#config = config;
    this.#rules = rules;
    this.#out = out;
    this.#parts = parts;
  }

  onOrder(id: number, order: Order): void {
    if (order.kind === 'transfer') {
      this.#ordered(id, 'In basic Paxos nobody leads: there is nothing to hand over.');
    } else if (!votesFromNowOn(this.#parts.learner, this.#config.id)) {
      this.#ordered(id, 'This replica has no vote in the group.');
    } else if (this.#change !== undefined) {
      this.#ordered(id, 'Another order is being carried out.');
    } else {
      this.#begin(id, normalGroup(order));
    }
  }

  #ordered(id: number, error?: string): void {
    this.#out.emit(error === undefined ? { kind: 'ordered', id } : { kind: 'ordered', id, error });
  }

  #begin(order: number, group: Group): void {
    const { groups, chosenTo } = this.#parts.learner;
    const flaw = flawOf(group) ?? (this.#config.quorums && quorumFlaw(this.#config.quorums, group.voters.length));
    if (flaw !== undefined) {
      this.#ordered(order, `This cannot be a group: ${flaw}.`);
    } else if (groups.newest.from > chosenTo + 1) {
      this.#ordered(order, 'The group before is not in force yet; try again.');
    } else if (sameGroup(groups.newest.group, group) && groups.newest.from === 1) {
      this.#ordered(order);
    } else {
      this.#parts.peers.expected = [...group.voters, ...group.learners];
      // Where the same was ordered before, it may be that nobody else knows yet.
      const slot = sameGroup(groups.newest.group, group) ? groups.newest.from - window : 0;
      this.#change = { order, group, wish: undefined, slot };
      const patienceMs = patience * this.#config.electionTimeoutMs[1];
      this.#out.emit({ kind: 'timer', timer: changeTimer, afterMs: [patienceMs, patienceMs] });
    }
  }

  /** Something has changed: who is there, or what is known to be chosen. */
  onProgress(): void {
    const change = this.#change;
    if (change === undefined) return;
    if (change.wish === undefined && change.slot === 0) this.#propose(change);
    if (change.slot > 0 && this.#isInForce(change)) this.#end();
  }

  /** Once all that are to vote anew are there. They need not know what was chosen: an acceptor answers for its own slots. */
  #propose(change: GroupChange): void {
    if (this.#absent(change).length > 0) return;
    change.wish = { value: { payload: encodeGroup(change.group), kind: 'group' }, withdrawn: false };
    this.#parts.proposer.wishes.addFirst(change.wish);
  }

  #absent({ group }: GroupChange): readonly NodeId[] {
    const { voters } = this.#parts.learner.groups.newest.group;
    return group.voters.filter((id) => !voters.includes(id) && !this.#parts.peers.wasHeardOf(id));
  }

  /**
   * Whether the group before decides nothing more, and a quorum of the new one knows all that it decided: nobody has to ask
   * those who leave.
   */
  #isInForce({ slot, group: { voters } }: GroupChange): boolean {
    const last = slot + window - 1;
    const { learner, peers } = this.#parts;
    if (learner.chosenTo < last) return false;
    const { phase1, phase2 } = this.#rules.quorumSizes(voters.length, this.#config.quorums);
    const informed = new Set(voters.filter((id) => peers.chosenTo(id) >= last));
    return isQuorum(voters, informed, Math.max(phase1, phase2));
  }

  /** What the proposer was to have chosen was chosen, or nobody can tell any more. */
  onGranted(wish: Wish, slot: number | undefined): void {
    const change = this.#change;
    if (change === undefined || change.wish !== wish) return;
    if (slot === undefined) {
      this.#end('This replica fell behind, and cannot tell whether the change was made.');
      return;
    }
    change.slot = slot;
    this.#parts.proposer.fill(slot + window - 1);
  }

  /** Somebody who is to vote is not there, or no quorum answers. */
  onTimeout(): void {
    const change = this.#change;
    if (change === undefined) return;
    const absent = this.#absent(change);
    if (change.wish !== undefined) this.#parts.proposer.wishes.withdraw(change.wish);
    const why =
      change.wish === undefined && change.slot === 0
        ? `nothing was heard of ${absent.join(', ')}`
        : 'no quorum answered; it may come about yet';
    this.#end(`The change was given up, for ${why}.`);
  }

  #end(error?: string): void {
    if (this.#change === undefined) return;
    this.#ordered(this.#change.order, error);
    this.#change = undefined;
    this.#parts.peers.expected = [];
    this.#out.emit({ kind: 'cancel', timer: changeTimer });
  }
}
