/** The history of a sample of keys, as the checkers read it: what a generator asked and was told, over all of its jobs. */
import type { HistoryEvent } from '../../contracts/operations.ts';
import type { BenchOperation, Outcome } from '../contracts.ts';

/** Past so many operations no more are recorded; what was begun is always ended. */
const mostOperations = 250_000;

export class Histories {
  readonly #keys: ReadonlySet<string>;
  readonly #maxOperations: number;
  readonly #events: HistoryEvent[] = [];
  readonly #began = performance.now();
  readonly #processes = new Map<number, number>();
  /** The register model knows numbers: each value that was written or read has one. */
  readonly #values = new Map<string, number>();
  #lastProcess = 0;
  #lastOp = 0;

  constructor(keys: ReadonlySet<string>, maxOperations = mostOperations) {
    this.#keys = keys;
    this.#maxOperations = maxOperations;
  }

  /** Whether any keys are recorded. */
  get sampling(): boolean {
    return this.#keys.size > 0;
  }

  get operations(): number {
    return this.#lastOp;
  }

  get events(): readonly HistoryEvent[] {
    return this.#events;
  }

  /** To be called before an operation is sent. Gives its number, or 0 where it is not recorded. */
  invoke(lane: number, operation: BenchOperation): number {
    if (!this.#keys.has(operation.key) || operation.kind === 'scan' || this.#lastOp >= this.#maxOperations) return 0;
    this.#lastOp += 1;
    const value = operation.kind === 'read' ? null : this.#numberOf(operation.value);
    this.#events.push({
      type: 'invoke',
      op: this.#lastOp,
      process: this.#processOf(lane),
      atMs: this.#nowMs(),
      f: value === null ? 'read' : 'write',
      key: operation.key,
      value,
    });
    return this.#lastOp;
  }

  /** `value` is what a read saw. */
  complete(op: number, lane: number, outcome: Outcome, value: string | null | undefined): void {
    const process = this.#processOf(lane);
    // Once writes are no longer recorded, what a read saw may be one of those: such a read says nothing.
    const lost = value !== undefined && this.#lastOp >= this.#maxOperations;
    const type = outcome === 'unknown' || lost ? 'info' : outcome === 'failed' ? 'fail' : 'ok';
    const seen = typeof value === 'string' && !lost ? this.#numberOf(value) : null;
    this.#events.push({ type, op, process, atMs: this.#nowMs(), value: seen });
    // Nobody knows whether it may yet happen: what this client does next must not be ordered after it.
    if (type === 'info') this.#processes.delete(lane);
  }

  /** The clients of the next job are others. */
  nextJob(): void {
    this.#processes.clear();
  }

  #numberOf(value: string): number {
    const known = this.#values.get(value);
    if (known !== undefined) return known;
    this.#values.set(value, this.#values.size + 1);
    return this.#values.size;
  }

  #nowMs(): number {
    return performance.now() - this.#began;
  }

  #processOf(lane: number): number {
    let process = this.#processes.get(lane);
    if (process === undefined) {
      this.#lastProcess += 1;
      process = this.#lastProcess;
      this.#processes.set(lane, process);
    }
    return process;
  }
}
