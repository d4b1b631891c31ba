/** Heartbeats of a replica that need no leader: who hears them finds out what it has missed, and who is there. */

import type { ReplicaConfig } from '../../contract/config.ts';
import type { NodeId } from '../../contract/ids.ts';
import type { CatchUp } from './catch-up.ts';
import type { Decisions } from './decisions.ts';
import type { Learner } from './learner.ts';
import type { Heartbeat, PaxosMessage, PaxosRecord } from './messages.ts';
import type { Out } from './outbox.ts';
import type { Peers } from './peers.ts';

export const heartbeatTimer = 'heartbeat';

export interface PulseParts {
  readonly learner: Learner;
  readonly decisions: Decisions;
  readonly peers: Peers;
  readonly catchUp: CatchUp<PaxosRecord>;
}

export class Pulse {
  readonly #config: ReplicaConfig;
  readonly #out: Out<PaxosMessage, PaxosRecord>;
  readonly #parts: PulseParts;
  /** What was known to be chosen when the last heartbeat was sent. */
  #chosenToBefore = 0;

  constructor(config: ReplicaConfig, out: Out<PaxosMessage, PaxosRecord>, parts: PulseParts) {
    this.#config = config;
    this.#out = out;
    this.#parts = parts;
  }

  setTimer(): void {
    const { heartbeatIntervalMs } = this.#config;
    this.#out.emit({ kind: 'timer', timer: heartbeatTimer, afterMs: [heartbeatIntervalMs, heartbeatIntervalMs] });
  }

  /** A heartbeat is due. */
  beat(): void {
    const { learner, decisions, peers, catchUp } = this.#parts;
    const { chosenTo } = learner;
    const { last } = decisions;
    this.setTimer();
    peers.onBeat();
    // What it tells counts where a group is left behind: it is durable then.
    for (const node of peers.names) this.#out.send(node, { type: 'heartbeat', chosenTo, last });
    // What is on its way need not be asked for: only who came no further since the last heartbeat has missed something.
    const { ahead } = peers;
    if (ahead !== undefined && chosenTo === this.#chosenToBefore) catchUp.lag(ahead.node, ahead.chosenTo);
    this.#chosenToBefore = chosenTo;
  }

  onHeartbeat(from: NodeId, { chosenTo, last }: Heartbeat): void {
    this.#parts.peers.hear(from, chosenTo);
    this.#parts.decisions.hear(last);
  }
}
