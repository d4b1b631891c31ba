/**
 * How long requests take, by sample: one request of each batch that arrives is timed, so that the cost is a batch's and
 * not a command's. Counts are exact.
 */
import type { ClientReply, ClientRequest } from '../ports.ts';

type Access = ClientRequest['access'];
export type Outcome = ClientReply['status'];

export interface RequestObserver {
  /** A timed request ended, `seconds` after it came. */
  readonly timed: (op: Access, outcome: Outcome, seconds: number) => void;
  /** So many more requests ended. */
  readonly counted: (outcome: Outcome, count: number) => void;
}

/** The samples of one stream: one at a time. */
export class Samples {
  readonly #observer: RequestObserver;
  #id = -1;
  #access: Access = 'write';
  #sinceMs = 0;

  constructor(observer: RequestObserver) {
    this.#observer = observer;
  }

  /** A batch of requests came. */
  began(requests: readonly ClientRequest[]): void {
    const first = requests[0];
    const nowMs = performance.now();
    // A request that never gets a reply must not end the sampling.
    if (first === undefined || (this.#id !== -1 && nowMs - this.#sinceMs < 10_000)) return;
    this.#id = first.id;
    this.#access = first.access;
    this.#sinceMs = nowMs;
  }

  /** A batch of replies goes out. */
  ended(replies: readonly ClientReply[]): void {
    let rejected = 0;
    for (const { id, status } of replies) {
      if (status === 'rejected') rejected += 1;
      if (id !== this.#id) continue;
      this.#id = -1;
      this.#observer.timed(this.#access, status, (performance.now() - this.#sinceMs) / 1000);
    }
    if (rejected > 0) this.#observer.counted('rejected', rejected);
    if (replies.length > rejected) this.#observer.counted('ok', replies.length - rejected);
  }
}
