/**
 * Sees to it that a slot in which somebody has begun is chosen at last. Whoever began there may have ended; so a replica that
 * sees nothing chosen for a while, though something is open, finishes it. The while is random, and begins anew where another
 * replica is seen to prepare, so that seldom two do it at once.
 */
import type { ReplicaConfig } from '../../protocol.ts';
import type { PaxosMessage, PaxosRecord } from './messages.ts';
import type { Out } from './outbox.ts';

export const watchTimer = 'watch';

export class Watch {
  readonly #config: ReplicaConfig;
  readonly #out: Out<PaxosMessage, PaxosRecord>;
  #armed = false;
  /** What was known to be chosen when the timer was set. */
  #chosenTo = 0;

  constructor(config: ReplicaConfig, out: Out<PaxosMessage, PaxosRecord>) {
    this.#config = config;
    this.#out = out;
  }

  /** What was chosen up to a slot is known; `open` where somebody has begun in a later one. */
  look(chosenTo: number, open: boolean): void {
    if (open && (!this.#armed || chosenTo > this.#chosenTo)) this.#set(this.#config.electionTimeoutMs);
    if (!open && this.#armed) {
      this.#armed = false;
      this.#out.emit({ kind: 'cancel', timer: watchTimer });
    }
    this.#chosenTo = chosenTo;
  }

  /** Another replica is at work on it. */
  hold(): void {
    if (this.#armed) this.#set(this.#config.electionTimeoutMs);
  }

  /** Whoever began has most likely ended. */
  hurry(): void {
    if (this.#armed) this.#set([0, this.#config.electionTimeoutMs[0]]);
  }

  #set(afterMs: readonly [number, number]): void {
    this.#armed = true;
    this.#out.emit({ kind: 'timer', timer: watchTimer, afterMs });
  }

  /** Whether the time is up; false where nobody waits for that any more. */
  onTimeout(): boolean {
    const was = this.#armed;
    this.#armed = false;
    return was;
  }
}
