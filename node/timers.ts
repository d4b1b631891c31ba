/** The named timers of one replica. */
import type { Cancel, Clock, Random } from './ports.ts';

interface Timer {
  dueMs: number;
  wakeMs: number;
  cancel: Cancel;
}

export class Timers {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #onTimeout: (name: string) => void;
  readonly #timers = new Map<string, Timer>();

  constructor(clock: Clock, random: Random, onTimeout: (name: string) => void) {
    this.#clock = clock;
    this.#random = random;
    this.#onTimeout = onTimeout;
  }

  /**
   * Sets a timer, or sets it again, to a time drawn from the range, in milliseconds from now. One that is set again and
   * again (an election time-out) costs one wake-up, not one a setting.
   */
  set(name: string, [minMs, maxMs]: readonly [number, number]): void {
    const delayMs = this.#random.between(minMs, maxMs);
    const dueMs = this.#clock.now() + delayMs;
    const timer = this.#timers.get(name);
    if (timer !== undefined && timer.wakeMs <= dueMs) {
      timer.dueMs = dueMs;
      return;
    }
    timer?.cancel();
    this.#arm(name, dueMs, delayMs);
  }

  cancel(name: string): void {
    this.#timers.get(name)?.cancel();
    this.#timers.delete(name);
  }

  cancelAll(): void {
    for (const name of [...this.#timers.keys()]) this.cancel(name);
  }

  #arm(name: string, dueMs: number, delayMs: number): void {
    const cancel = this.#clock.after(delayMs, () => this.#wake(name));
    this.#timers.set(name, { dueMs, wakeMs: dueMs, cancel });
  }

  #wake(name: string): void {
    const timer = this.#timers.get(name);
    if (timer === undefined) return;
    const leftMs = timer.dueMs - this.#clock.now();
    if (leftMs > 0.001) {
      this.#arm(name, timer.dueMs, leftMs);
      return;
    }
    this.#timers.delete(name);
    this.#onTimeout(name);
  }
}
