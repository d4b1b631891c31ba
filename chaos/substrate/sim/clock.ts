/**
 * Virtual time: a queue of events, run one after the other. Time stands still while an event runs and jumps to the next
 * one after it. Orchestrator code that waits with `sleep` is resumed between events, and virtual time does not move on
 * before all that it set going (every pending promise) has come to rest; so async code is as deterministic as the rest.
 */
import type { Clock } from '../../../node/ports.ts';
import type { LabClock } from '../../contracts/cluster.ts';

interface Event {
  readonly atUs: number;
  readonly order: number;
  run: (() => void) | null;
}

const before = (a: Event, b: Event): boolean => a.atUs < b.atUs || (a.atUs === b.atUs && a.order < b.order);

/** A binary heap of events: earliest first, and in order of scheduling where times are equal. */
class EventQueue {
  readonly #heap: Event[] = [];

  push(event: Event): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(event);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent] as Event;
      if (!before(event, above)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = event;
  }

  pop(): Event | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1] as Event, heap[child] as Event)) child += 1;
      if (!before(heap[child] as Event, last)) break;
      heap[at] = heap[child] as Event;
      at = child;
    }
    heap[at] = last;
    return first;
  }
}

/** Somebody (a strike, the progress line) wakes every half virtual second; so many events before that are a runaway. */
const maxEventsBetweenWakes = 5_000_000;

interface Sleeper {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export class SimClock implements Clock, LabClock {
  readonly #queue = new EventQueue();
  readonly #sleepers = new Set<Sleeper>();
  #nowUs = 0;
  #order = 0;
  #soon: (() => void)[] = [];
  #insideEvent = false;
  #pumping = false;
  #woke = false;
  /** Events run so far, for the figures of a soak. */
  eventCount = 0;

  now(): number {
    return this.#nowUs / 1000;
  }

  after(delayMs: number, run: () => void): () => void {
    // Rounded up: a wait never ends early, so that code which waits for a deadline makes progress.
    return this.#schedule(this.#nowUs + Math.ceil(delayMs * 1000), run);
  }

  /** Calls `run` at a moment, in milliseconds; moments that are in order stay in order. */
  at(momentMs: number, run: () => void): () => void {
    return this.#schedule(Math.ceil(momentMs * 1000), run);
  }

  #schedule(atUs: number, run: () => void): () => void {
    this.#order += 1;
    const event: Event = { atUs: Math.max(this.#nowUs, atUs), order: this.#order, run };
    this.#queue.push(event);
    return () => {
      event.run = null;
    };
  }

  soon(run: () => void): void {
    if (this.#insideEvent) this.#soon.push(run);
    else this.after(0, run);
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const sleeper: Sleeper = { resolve, reject };
      const wake = () => {
        signal?.removeEventListener('abort', wake);
        cancel();
        this.#woke = true;
        this.#sleepers.delete(sleeper);
        resolve();
      };
      const cancel = this.after(delayMs, wake);
      signal?.addEventListener('abort', wake, { once: true });
      this.#sleepers.add(sleeper);
      if (!this.#pumping) void this.#pump();
    });
  }

  /** Runs events for as long as somebody sleeps. */
  async #pump(): Promise<void> {
    this.#pumping = true;
    try {
      await allPromises();
      while (this.#sleepers.size > 0) {
        this.#woke = false;
        this.#runUntilWoken();
        await allPromises();
      }
    } catch (error) {
      // A fault of the lab itself; whoever waits must hear of it.
      for (const sleeper of this.#sleepers) sleeper.reject(error);
      this.#sleepers.clear();
    } finally {
      this.#pumping = false;
    }
  }

  #runUntilWoken(): void {
    for (let count = 0; !this.#woke && this.#runNext(); count += 1) {
      if (count > maxEventsBetweenWakes) {
        throw new Error(`the simulation makes no progress at ${this.now()} ms: too many events, and nobody is woken`);
      }
    }
  }

  #runNext(): boolean {
    const event = this.#queue.pop();
    if (event === undefined) return false;
    if (event.run === null) return true;
    this.#nowUs = event.atUs;
    this.eventCount += 1;
    this.#insideEvent = true;
    try {
      event.run();
      while (this.#soon.length > 0) {
        const soon = this.#soon;
        this.#soon = [];
        for (const run of soon) run();
      }
    } finally {
      this.#insideEvent = false;
    }
    return true;
  }
}

/** Resolves when every promise that could be resolved has been: the microtask queue is empty before an immediate runs. */
function allPromises(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
