/**
 * What a replica looks like to observers. In basic Paxos nobody leads; the replica that proposed what was chosen last is said
 * to, and one that has a ballot under way is a candidate for that.
 */

import type { ReplicaConfig } from '../../contract/config.ts';
import type { NodeId } from '../../contract/ids.ts';
import type { ProtocolView } from '../../contract/view.ts';
import type { Acceptor } from './acceptor.ts';
import { epochOf } from './ballot.ts';
import type { Decisions } from './decisions.ts';
import type { Learner } from './learner.ts';
import type { PaxosMessage, PaxosRecord } from './messages.ts';
import type { Out } from './outbox.ts';
import type { Proposer } from './proposer.ts';

type Role = 'follower' | 'candidate' | 'leader';

export interface AppearanceParts {
  readonly learner: Learner;
  readonly acceptor: Acceptor;
  readonly decisions: Decisions;
  readonly proposer: Proposer;
}

export class Appearance {
  readonly #config: ReplicaConfig;
  readonly #out: Out<PaxosMessage, PaxosRecord>;
  readonly #parts: AppearanceParts;
  /** The role that was noted last. */
  #noted: Role = 'follower';

  constructor(config: ReplicaConfig, out: Out<PaxosMessage, PaxosRecord>, parts: AppearanceParts) {
    this.#config = config;
    this.#out = out;
    this.#parts = parts;
  }

  /** Who proposed what was chosen last, as far as this replica knows. */
  get leader(): NodeId | undefined {
    const { slot, ballot } = this.#parts.decisions.last;
    return slot > 0 ? ballot.node : undefined;
  }

  get #role(): Role {
    if (this.leader === this.#config.id) return 'leader';
    return this.#parts.proposer.isAtWork ? 'candidate' : 'follower';
  }

  #epochOf(role: Role): number {
    const { proposer, decisions } = this.#parts;
    return epochOf(role === 'candidate' ? proposer.ballot : decisions.last.ballot, this.#config.members);
  }

  /** Notes the role where it has changed. */
  noteRole(): void {
    const role = this.#role;
    if (role === this.#noted) return;
    this.#noted = role;
    if (this.#config.trace) this.#out.emit({ kind: 'note', fact: { type: 'role', role, epoch: this.#epochOf(role) } });
  }

  view(): ProtocolView {
    const { learner, acceptor, decisions } = this.#parts;
    const { chosenTo, groups } = learner;
    const role = this.#role;
    const inForce = groups.since(chosenTo + 1);
    const voters = [...new Set(inForce.flatMap((group) => group.voters))].sort();
    const learners = groups.newest.group.learners.filter((id) => !voters.includes(id));
    const view = {
      role,
      epoch: this.#epochOf(role),
      commitIndex: chosenTo,
      lastIndex: Math.max(chosenTo, acceptor.lastSlot, decisions.lastSlot),
      group: { voters, learners },
    };
    return this.leader === undefined ? view : { ...view, leader: this.leader };
  }
}
