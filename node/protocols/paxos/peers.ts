/** Who is there: whom heartbeats go to, and of whom one has come lately. */

import type { ReplicaConfig } from '../../contract/config.ts';
import type { NodeId } from '../../contract/ids.ts';
import { membersOf } from './groups.ts';
import type { Learner } from './learner.ts';

/** For how long a replica counts as heard of, in election time-outs. */
const lately = 2;

interface Heard {
  /** How many heartbeats of this replica ago. */
  beats: number;
  /** What was chosen up to this slot was known to it. */
  readonly chosenTo: number;
}

export class Peers {
  readonly #config: ReplicaConfig;
  readonly #learner: Learner;
  readonly #heard = new Map<NodeId, Heard>();

  /** Newcomers that are to be heard of; they may know nobody who is still there. */
  expected: readonly NodeId[] = [];

  constructor(config: ReplicaConfig, learner: Learner) {
    this.#config = config;
    this.#learner = learner;
  }

  hear(node: NodeId, chosenTo: number): void {
    // Whoever started again may know less than it did: what it says now counts, or it would be asked for ever.
    this.#heard.set(node, { beats: 0, chosenTo });
  }

  /** A heartbeat is due. */
  onBeat(): void {
    const { heartbeatIntervalMs, electionTimeoutMs } = this.#config;
    const most = Math.ceil((lately * electionTimeoutMs[1]) / Math.max(1, heartbeatIntervalMs));
    for (const [node, heard] of this.#heard) {
      heard.beats += 1;
      if (heard.beats > most) this.#heard.delete(node);
    }
  }

  wasHeardOf(node: NodeId): boolean {
    return node === this.#config.id || this.#heard.has(node);
  }

  /** Up to which slot a replica knows what was chosen, as far as it has said so lately. */
  chosenTo(node: NodeId): number {
    return node === this.#config.id ? this.#learner.chosenTo : (this.#heard.get(node)?.chosenTo ?? 0);
  }

  /** All others that are known: members of the groups that decide from now on, and whoever was heard of. */
  get names(): readonly NodeId[] {
    const members = membersOf(this.#learner.groups.since(this.#learner.chosenTo + 1));
    const names = new Set([...members, ...this.#heard.keys(), ...this.expected]);
    names.delete(this.#config.id);
    return [...names];
  }

  /** Who knows more than this replica, of all that were heard of. */
  get ahead(): { readonly node: NodeId; readonly chosenTo: number } | undefined {
    let ahead: { readonly node: NodeId; readonly chosenTo: number } | undefined;
    for (const [node, { chosenTo }] of this.#heard) {
      if (chosenTo > (ahead?.chosenTo ?? this.#learner.chosenTo)) ahead = { node, chosenTo };
    }
    return ahead;
  }
}
