import type { LabEvent, LabFact } from './contracts/events.ts';
import { roundMs } from './percentiles.ts';

/** The events of a run, on the run's own time axis: milliseconds since load began. */
export class Journal {
  readonly #events: LabEvent[] = [];
  readonly #listeners = new Set<(event: LabEvent) => void>();
  #originMs: number | undefined;
  #closed = false;

  readonly add = (atMs: number, fact: LabFact): void => {
    if (this.#closed) return;
    // The journal owns what it is given: completing the fact in place spares a copy of each.
    const event = fact as LabEvent;
    (event as { atMs: number }).atMs = this.relative(atMs);
    this.#events.push(event);
    for (const listener of this.#listeners) listener(event);
  };

  relative(atMs: number): number {
    // Until load begins, times count from the first event.
    this.#originMs ??= atMs;
    return roundMs(atMs - this.#originMs);
  }

  /** Load begins now: all that was noted before lies before zero. */
  begin(atMs: number): void {
    const shiftMs = atMs - (this.#originMs ?? atMs);
    for (const [index, event] of this.#events.entries()) {
      this.#events[index] = { ...event, atMs: roundMs(event.atMs - shiftMs) };
    }
    this.#originMs = atMs;
  }

  listen(listener: (event: LabEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** What happens when the cluster is taken down is not part of the run. */
  close(): void {
    this.#closed = true;
  }

  /** In the order of time: what is observed of a real system is heard of late. */
  get events(): readonly LabEvent[] {
    return this.#events.sort((a, b) => a.atMs - b.atMs);
  }
}
