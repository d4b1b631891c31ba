/**
 * Sees to it that a slot in which somebody has begun is chosen at last. Whoever began there may have ended; so a replica that
 * sees nothing chosen for a while, though something is open, finishes it. The while is random, and begins anew where another
 * replica is seen to prepare, so that seldom two do it at once.
 */
import type { ReplicaConfig } from '../../contract/config.ts';
import type { PaxosMessage, PaxosRecord } from './messages.ts';
import type { Out } from './outbox.ts';

export const watchTimer = 'watch';

/** The longest while, in election time-outs. */
const mostPatience = 4;
/** What is left of it with each slot that was chosen in time. */
const calming = 0.9;

export class Watch {
  readonly #config: ReplicaConfig;
  readonly #out: Out<PaxosMessage, PaxosRecord>;
  #armed = false;
  /** What was known to be chosen when the timer was set. */
  #chosenTo = 0;
  /**
   * How many election time-outs it waits. Doubles each time that the while is over: on slow links a slot may take longer than
   * that, and then it is those who finish it that hold it up.
   */
  #patience = 1;

  constructor(config: ReplicaConfig, out: Out<PaxosMessage, PaxosRecord>) {
    this.#config = config;
    this.#out = out;
  }

  /** What was chosen up to a slot is known; `open` where somebody has begun in a later one. */
  look(chosenTo: number, open: boolean): void {
    if (chosenTo > this.#chosenTo && this.#armed) this.#patience = Math.max(1, this.#patience * calming);
    if (open && (!this.#armed || chosenTo > this.#chosenTo)) this.#set();
    if (!open && this.#armed) {
      this.#armed = false;
      this.#out.emit({ kind: 'cancel', timer: watchTimer });
    }
    this.#chosenTo = chosenTo;
  }

  /** Another replica is at work on it. */
  hold(): void {
    if (this.#armed) this.#set();
  }

  /** Whoever began has most likely ended. */
  hurry(): void {
    const [shortest] = this.#config.electionTimeoutMs;
    if (this.#armed) this.#out.emit({ kind: 'timer', timer: watchTimer, afterMs: [0, shortest] });
  }

  #set(): void {
    const [shortest, longest] = this.#config.electionTimeoutMs;
    this.#armed = true;
    const afterMs = [shortest * this.#patience, longest * this.#patience] as const;
    this.#out.emit({ kind: 'timer', timer: watchTimer, afterMs });
  }

  /** Whether the time is up; false where nobody waits for that any more. */
  onTimeout(): boolean {
    const was = this.#armed;
    this.#armed = false;
    if (was) this.#patience = Math.min(mostPatience, 2 * this.#patience);
    return was;
  }
}
