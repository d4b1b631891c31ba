import { LastOnes } from './last-ones.ts';

/** How much is kept of answers for who asks again. */
const room = { count: 4096, bytes: 8 << 20, bytesOf: ({ length }: Uint8Array) => length };

/** What was said of the last bundles, by their keys, for who asks again. */
export class Answers {
  readonly #answers = new LastOnes<Uint8Array>(room);

  get(key: string): Uint8Array | undefined {
    return this.#answers.get(key);
  }

  /** Keeps what is said first; gives what is kept. */
  keep(key: string, answer: Uint8Array): Uint8Array {
    const first = this.#answers.get(key);
    if (first !== undefined) return first;
    this.#answers.keep(key, answer);
    return answer;
  }
}
