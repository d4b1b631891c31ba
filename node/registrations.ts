/**
 * The results of the last registrations, by the numbers that the clients drew. The machine knows sessions and not these
 * numbers, so a request for a session that comes after it was given would ask for another one.
 */

/** How many are kept. A client asks for one session at a time, and again within a second or so. */
const maxKept = 1024;

export class Registrations {
  readonly #results = new Map<number, Uint8Array>();

  note(drawn: number, result: Uint8Array): void {
    this.#results.set(drawn, result);
    if (this.#results.size <= maxKept) return;
    for (const oldest of this.#results.keys()) {
      this.#results.delete(oldest);
      return;
    }
  }

  /** Null where it is not known, or not any more. */
  recall(drawn: number): Uint8Array | null {
    return this.#results.get(drawn) ?? null;
  }
}
