/** How much is kept at most. */
export interface Room<T> {
  readonly count: number;
  /** Without a bound where absent. */
  readonly bytes?: number;
  /** How much of that a value takes; nothing where absent. */
  readonly bytesOf?: (value: T) => number;
}

/** The last of what was kept under keys: the oldest go where there is no room for more. */
export class LastOnes<T> {
  readonly #room: Required<Room<T>>;
  readonly #kept = new Map<string, T>();
  #bytes = 0;

  constructor({ count, bytes = Number.POSITIVE_INFINITY, bytesOf = () => 0 }: Room<T>) {
    this.#room = { count, bytes, bytesOf };
  }

  get(key: string): T | undefined {
    return this.#kept.get(key);
  }

  /** In the place of what stood under the key, and as old as that. */
  keep(key: string, value: T): void {
    const { count, bytes, bytesOf } = this.#room;
    const before = this.#kept.get(key);
    this.#kept.set(key, value);
    this.#bytes += bytesOf(value) - (before === undefined ? 0 : bytesOf(before));
    for (const [oldest, dropped] of this.#kept) {
      if (this.#kept.size <= count && this.#bytes <= bytes) return;
      this.#kept.delete(oldest);
      this.#bytes -= bytesOf(dropped);
    }
  }
}
