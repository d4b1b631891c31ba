/** Why nothing came of a message of another replica, or not of all of it. */
export type Refusal =
  /** A signature, a proof or a digest in it is not what it claims to be, or no honest replica says such a thing. */
  | 'invalid'
  /** Of a view that is over. */
  | 'old-view'
  /** Of a view that has not begun here. */
  | 'early'
  /** Of a slot before the window, or behind it. */
  | 'outside-window'
  /** What it says was known before. */
  | 'known'
  /** An answer that nothing waits for, or what is for the primary alone. */
  | 'unasked'
  /** It asks for what is not here. */
  | 'unanswerable'
  /** It asks for more than one may; see `allowance.ts`. */
  | 'over-allowance';

/** What came to nothing in this life, counted. Honest replicas repeat themselves and are late, so only `invalid` is a sign of malice. */
export class Refusals {
  readonly #counts: Record<Refusal, number> = {
    invalid: 0,
    'old-view': 0,
    early: 0,
    'outside-window': 0,
    known: 0,
    unasked: 0,
    unanswerable: 0,
    'over-allowance': 0,
  };
  #present: Refusal | undefined;

  /** A message begins to be handled. */
  begin(): void {
    this.#present = undefined;
  }

  /** Nothing comes of the message that is being handled. */
  note(why: Refusal): void {
    this.#present = why;
  }

  /** The message was handled: it counts once, whatever was noted of it. */
  end(): void {
    if (this.#present !== undefined) this.#counts[this.#present] += 1;
  }

  counts(): Readonly<Record<Refusal, number>> {
    return { ...this.#counts };
  }
}
