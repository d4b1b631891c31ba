/** Ports that a test works by hand: time moves when it says so, and records become durable when it says so. */
import type { Clock, Random, Snapshots, Storage } from './ports.ts';

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

/** Whatever was asked for is done when the test says so. */
export class ManualSnapshots<R> implements Snapshots<R> {
  readonly saved = new Map<number, { readonly record: R; readonly bytes: Uint8Array }>();
  #received: Uint8Array[] = [];
  #errands: (() => void)[] = [];
  removedBefore = 0;
  onFailure: (error: Error) => void = () => {};

  save(index: number, record: R, pieces: Iterator<Uint8Array>, done: (bytes: number) => void): void {
    this.#errands.push(() => {
      const all: Uint8Array[] = [];
      for (let next = pieces.next(); next.done !== true; next = pieces.next()) all.push(next.value);
      this.#keep(index, record, all, done);
    });
  }

  receive(_index: number, offset: number, bytes: Uint8Array): void {
    if (offset === 0) this.#received = [];
    this.#received.push(bytes);
  }

  seal(index: number, record: R, done: (bytes: number) => void): void {
    const all = this.#received;
    this.#errands.push(() => this.#keep(index, record, all, done));
  }

  read(index: number, offset: number, maxBytes: number, take: (bytes: Uint8Array, last: boolean) => void): void {
    const bytes = this.saved.get(index)?.bytes;
    if (bytes === undefined) throw new RangeError(`there is no snapshot ${index}`);
    this.#errands.push(() => take(bytes.subarray(offset, offset + maxBytes), offset + maxBytes >= bytes.length));
  }

  removeBefore(index: number): void {
    this.removedBefore = index;
  }

  /** Whatever was to be done is done now, and what that asks for. */
  finish(): void {
    for (let errand = this.#errands.shift(); errand !== undefined; errand = this.#errands.shift()) errand();
  }

  #keep(index: number, record: R, pieces: readonly Uint8Array[], done: (bytes: number) => void): void {
    const bytes = Buffer.concat(pieces);
    this.saved.set(index, { record, bytes });
    done(bytes.length);
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
