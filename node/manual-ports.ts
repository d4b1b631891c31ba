/** Ports that a test works by hand: time moves when it says so, and records become durable when it says so. */
import type { Clock, Random, Storage } from './ports.ts';

interface Alarm {
  readonly atMs: number;
  readonly fn: () => void;
}

export class ManualClock implements Clock {
  #nowMs = 0;
  readonly #alarms = new Set<Alarm>();
  #soon: (() => void)[] = [];

  now(): number {
    return this.#nowMs;
  }

  after(delayMs: number, fn: () => void): () => void {
    const alarm = { atMs: this.#nowMs + delayMs, fn };
    this.#alarms.add(alarm);
    return () => this.#alarms.delete(alarm);
  }

  soon(fn: () => void): void {
    this.#soon.push(fn);
  }

  /** How many alarms are set. */
  get pending(): number {
    return this.#alarms.size;
  }

  /** Ends the present turn: what was to be done soon is done. What that asks for soon is for the next turn. */
  endTurn(): void {
    const due = this.#soon;
    this.#soon = [];
    for (const fn of due) fn();
  }

  /** Lets so much time pass, alarm by alarm. */
  pass(ms: number): void {
    const untilMs = this.#nowMs + ms;
    for (;;) {
      const [next] = [...this.#alarms].sort((a, b) => a.atMs - b.atMs);
      if (next === undefined || next.atMs > untilMs) break;
      this.#alarms.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.fn();
      this.endTurn();
    }
    this.#nowMs = untilMs;
  }
}

export class ManualDisk<R> implements Storage<R> {
  readonly written: R[] = [];
  /** What was said last to be needed no more ends before this position. */
  removedBefore = 1;
  readonly #reads: (() => void)[] = [];
  onDurable: (position: number) => void = () => {};
  onFailure: (error: Error) => void = () => {};

  append(record: R): number {
    return this.written.push(record);
  }

  read(position: number, take: (record: R) => void): void {
    const record = this.written[position - 1];
    if (record === undefined) throw new RangeError(`there is no record ${position}`);
    this.#reads.push(() => take(record));
  }

  removeBefore(position: number): void {
    this.removedBefore = position;
  }

  /** Whatever was to be read is read now. */
  finishReads(): void {
    for (const finish of this.#reads.splice(0)) finish();
  }

  /** A sync covers the first `count` records (all, if not said otherwise). */
  sync(count = this.written.length): void {
    this.onDurable(count);
  }
}

/** Draws what it is told, by default the smallest number. */
export class ManualRandom implements Random {
  /** From 0 (the smallest) to 1 (the largest). */
  fraction = 0;

  between(min: number, max: number): number {
    return min + this.fraction * (max - min);
  }
}
