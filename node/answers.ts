/** How many bytes of answers are kept for who asks again. */
const maxAnswerBytes = 8 << 20;
/** How many answers are kept. */
const maxAnswers = 4096;

/** What was said of the last bundles, by their keys, for who asks again. */
export class Answers {
  readonly #answers = new Map<string, Uint8Array>();
  #bytes = 0;

  get(key: string): Uint8Array | undefined {
    return this.#answers.get(key);
  }

  /** Keeps what is said first; gives what is kept. */
  keep(key: string, answer: Uint8Array): Uint8Array {
    const first = this.#answers.get(key);
    if (first !== undefined) return first;
    this.#answers.set(key, answer);
    this.#bytes += answer.length;
    for (const [oldest, { length }] of this.#answers) {
      if (this.#answers.size <= maxAnswers && this.#bytes <= maxAnswerBytes) break;
      this.#answers.delete(oldest);
      this.#bytes -= length;
    }
    return answer;
  }
}
