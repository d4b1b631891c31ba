/** Faults between a replica and its disk, set through the control API. */
import type { Storage } from '../ports.ts';

/** A Storage port whose durability can be made to come late. */
export class FaultyStorage<R> implements Storage<R> {
  onDurable: (position: number) => void = () => {};
  onFailure: (error: Error) => void = () => {};
  readonly #inner: Storage<R>;
  #delayMs = 0;
  #reported = 0;

  constructor(inner: Storage<R>) {
    this.#inner = inner;
    inner.onFailure = (error) => this.onFailure(error);
    inner.onDurable = (position) => {
      if (this.#delayMs === 0) this.#report(position);
      else setTimeout(() => this.#report(position), this.#delayMs);
    };
  }

  append(record: R): number {
    return this.#inner.append(record);
  }

  read(position: number, take: (record: R) => void): void {
    this.#inner.read(position, take);
  }

  removeBefore(position: number): void {
    this.#inner.removeBefore(position);
  }

  /** Every sync is reported this many milliseconds late from now on; 0 ends it. */
  slowBy(delayMs: number): void {
    this.#delayMs = delayMs;
  }

  get delayMs(): number {
    return this.#delayMs;
  }

  /** A sync that was slowed may be overtaken by one that no longer is: positions must not go back. */
  #report(position: number): void {
    if (position <= this.#reported) return;
    this.#reported = position;
    this.onDurable(position);
  }
}
