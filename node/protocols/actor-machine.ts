/** What an actor replicates: a fingerprint of all that was applied, in order. Its snapshots are a line of text. */
import { fnv1a } from '../hash.ts';

export class ActorMachine {
  #index = 0;
  #fingerprint = fnv1a(new Uint8Array(0));

  get appliedIndex(): number {
    return this.#index;
  }

  apply(index: number, payload: Uint8Array): void {
    if (index !== this.#index + 1) throw new Error(`index ${index} is applied after ${this.#index}`);
    this.#index = index;
    this.#fingerprint = fnv1a(payload, this.#fingerprint);
  }

  /** The state in words: after which index, and what it came of. */
  snapshot(): Uint8Array {
    return new TextEncoder().encode(`state ${this.#index} ${this.#fingerprint}`);
  }

  restore(bytes: Uint8Array): void {
    const match = /^state (\d+) (\d+)$/.exec(new TextDecoder().decode(bytes));
    if (match === null) throw new Error(`"${new TextDecoder('latin1').decode(bytes)}" is no snapshot`);
    this.#index = Number(match[1]);
    this.#fingerprint = Number(match[2]);
  }
}
