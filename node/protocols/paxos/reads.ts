/**
 * Linearizable reads without the log, at any replica. A read quorum says, after the read came, in which slots it has accepted
 * anything: whatever was chosen before is among them. All of them are chosen then, by whoever works on them or by this replica,
 * before the read is answered: what is found accepted may be chosen later, and must not be missed by this read and seen by an
 * earlier one (CASSANDRA-12126).
 */

import type { ReplicaConfig } from '../../contract/config.ts';
import type { NodeId } from '../../contract/ids.ts';
import type { Acceptor } from './acceptor.ts';
import type { Decisions } from './decisions.ts';
import { membersOf } from './groups.ts';
import type { Learner } from './learner.ts';
import type { PaxosMessage, PaxosRecord, Probe, Probed } from './messages.ts';
import type { Out } from './outbox.ts';
import { isQuorum } from './quorum.ts';
import type { PaxosRules } from './rules.ts';

/** More reads are turned away. */
const maxPending = 1024;

interface PendingRead {
  readonly id: number;
  readonly round: number;
  readonly answered: Set<NodeId>;
  /** The last slot that has to be chosen before. */
  target: number;
}

export interface ReadsParts {
  readonly learner: Learner;
  readonly acceptor: Acceptor;
  readonly decisions: Decisions;
}

export class Reads {
  readonly #config: ReplicaConfig;
  readonly #rules: PaxosRules;
  readonly #out: Out<PaxosMessage, PaxosRecord>;
  readonly #parts: ReadsParts;
  /** The position of a record that this life wrote before it asked anybody; 0 where it has not yet. No other life has the same. */
  #life = 0;
  /** Somebody answered in this life: the record is durable. */
  #lifeIsDurable = false;
  #round = 0;
  #pending: PendingRead[] = [];

  constructor(config: ReplicaConfig, rules: PaxosRules, out: Out<PaxosMessage, PaxosRecord>, parts: ReadsParts) {
    this.#config = config;
    this.#rules = rules;
    this.#out = out;
    this.#parts = parts;
  }

  /** The last slot that any read waits for; 0 where there is none. */
  get target(): number {
    return this.#pending.reduce((last, { target }) => Math.max(last, target), 0);
  }

  /** Whether it is taken up. */
  onRead(id: number): boolean {
    if (this.#pending.length >= maxPending) return false;
    this.#beginLife();
    this.#round += 1;
    const round = this.#round;
    const own = this.#targetOf(this.#ownAnswer(this.#life, round));
    this.#pending.push({ id, round, answered: new Set([this.#config.id]), target: own });
    this.#probe();
    return true;
  }

  /** An answer to a life before may come at any time, and says nothing of what was chosen since. */
  #beginLife(): void {
    if (this.#life > 0) return;
    const from = this.#parts.learner.chosenTo + 1;
    this.#life = this.#out.persist({ kind: 'chosen', from, values: [] });
  }

  #probe(): void {
    const probe = { type: 'probe', life: this.#life, round: this.#round } as const;
    const groups = this.#parts.learner.groups.since(this.#parts.learner.chosenTo + 1);
    for (const node of membersOf(groups)) {
      if (node === this.#config.id) continue;
      if (this.#lifeIsDurable) this.#out.sendEagerly(node, probe);
      else this.#out.send(node, probe);
    }
  }

  /** The answers of some may be lost. */
  onBeat(): void {
    if (this.#pending.length > 0) this.#probe();
  }

  /** Another replica reads. What was accepted counts before it is durable, for it may be chosen. */
  onProbe(from: NodeId, { life, round }: Probe): void {
    this.#out.sendEagerly(from, this.#ownAnswer(life, round));
  }

  #ownAnswer(life: number, round: number): Probed {
    const { acceptor, decisions } = this.#parts;
    return { type: 'probed', life, round, acceptedTo: acceptor.acceptedTo, lastChosen: decisions.lastSlot };
  }

  #targetOf({ acceptedTo, lastChosen }: Probed): number {
    return this.#rules.finishesPending ? Math.max(acceptedTo, lastChosen) : lastChosen;
  }

  /** An answer serves all reads that came before it was asked for. */
  onProbed(from: NodeId, msg: Probed): void {
    if (msg.life !== this.#life) return;
    this.#lifeIsDurable = true;
    for (const read of this.#pending) {
      if (read.round > msg.round) continue;
      read.answered.add(from);
      read.target = Math.max(read.target, this.#targetOf(msg));
    }
  }

  /** Answers what can be answered. */
  onProgress(): void {
    if (this.#pending.length === 0) return;
    const later: PendingRead[] = [];
    for (const read of this.#pending) {
      if (this.#isDone(read)) this.#answer(read);
      else later.push(read);
    }
    this.#pending = later;
  }

  #answer({ id }: PendingRead): void {
    this.#out.emit({ kind: 'read', id, index: this.#parts.learner.chosenTo, eager: true });
  }

  /**
   * Whether all that was chosen before the read came is among what is known to be chosen now. Of every group that decides any
   * of the next slots a quorum has said that it accepted nothing there: so nothing was chosen there, nor anywhere later, for
   * nobody works on a slot a window before those before it are chosen.
   */
  #isDone({ answered, target }: PendingRead): boolean {
    const { groups, chosenTo } = this.#parts.learner;
    if (chosenTo < target) return false;
    return groups.since(chosenTo + 1).every(({ voters }) => {
      const { phase1 } = this.#rules.quorumSizes(voters.length, this.#config.quorums);
      return isQuorum(voters, answered, phase1);
    });
  }

  /** Gives up all that waits. */
  takePending(): readonly number[] {
    const ids = this.#pending.map(({ id }) => id);
    this.#pending = [];
    return ids;
  }
}
