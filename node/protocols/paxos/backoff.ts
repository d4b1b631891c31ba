/** How long a proposer waits whose ballot was refused: one timer for all of its slots, random, longer with each lost duel. */
import type { ReplicaConfig } from '../../contract/config.ts';
import type { PaxosMessage, PaxosRecord } from './messages.ts';
import type { Out } from './outbox.ts';

/** The longest back-off, in election time-outs. */
const longestBackoff = 4;

export const retryTimer = 'retry';

export class Backoff {
  readonly #config: ReplicaConfig;
  readonly #out: Out<PaxosMessage, PaxosRecord>;
  #running = false;

  constructor(config: ReplicaConfig, out: Out<PaxosMessage, PaxosRecord>) {
    this.#config = config;
    this.#out = out;
  }

  get running(): boolean {
    return this.#running;
  }

  /**
   * Begins, or begins anew.
   *
   * @param lost - how many ballots were lost in the slot where most were; the range doubles with each, up to a bound
   */
  begin(lost: number): void {
    const { heartbeatIntervalMs: shortest, electionTimeoutMs } = this.#config;
    const bound = Math.max(shortest, longestBackoff * electionTimeoutMs[1]);
    this.#running = true;
    this.#out.emit({ kind: 'timer', timer: retryTimer, afterMs: [shortest, Math.min(bound, shortest * 2 ** lost)] });
  }

  /** Nobody waits any more: the next duel begins with a short one. */
  end(): void {
    if (!this.#running) return;
    this.#running = false;
    this.#out.emit({ kind: 'cancel', timer: retryTimer });
  }

  onTimeout(): void {
    this.#running = false;
  }
}
