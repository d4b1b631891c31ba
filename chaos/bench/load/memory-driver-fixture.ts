/** A driver whose system is a map in this process: each call ends when a test says so, and how it says. For tests. */
import type { BenchOperation, Driver, Outcome } from '../contracts.ts';

export class MemoryDriver implements Driver {
  readonly records = new Map<string, string>();
  /** All calls that were submitted, in order. */
  readonly calls: { readonly client: number; readonly operations: readonly BenchOperation[] }[] = [];
  readonly #underWay = new Map<number, readonly BenchOperation[]>();
  onDone: Driver['onDone'] = () => {};

  /** The clients that have a call under way, in the order in which they sent. */
  get busy(): number[] {
    return [...this.#underWay.keys()];
  }

  async open(): Promise<void> {}

  /** @throws Error where the client has a call under way: that is what no client may do */
  submit(client: number, operations: readonly BenchOperation[]): void {
    if (this.#underWay.has(client)) throw new Error(`client ${client} has a call under way`);
    const kept = [...operations];
    this.#underWay.set(client, kept);
    this.calls.push({ client, operations: kept });
  }

  /** Ends the call of a client; where it is `ok` it is carried out. */
  end(client: number, outcome: Outcome = 'ok'): void {
    this.tell(client, outcome, outcome === 'ok' ? this.apply(client) : undefined);
  }

  /** Ends the call of a client with what it is told to have read, and carries nothing out. */
  tell(client: number, outcome: Outcome, value: string | null | undefined): void {
    if (!this.#underWay.delete(client)) throw new Error(`client ${client} has no call under way`);
    this.onDone(client, outcome, value);
  }

  /** Ends whatever is under way just now. */
  endAll(outcome: Outcome = 'ok'): void {
    for (const client of this.busy) this.end(client, outcome);
  }

  /** Carries out the call of a client, and gives what its first operation read. */
  apply(client: number): string | null | undefined {
    const operations = this.#underWay.get(client) ?? [];
    for (const operation of operations) {
      if ('value' in operation) this.records.set(operation.key, operation.value);
    }
    const [first] = operations;
    return first?.kind === 'read' ? (this.records.get(first.key) ?? null) : undefined;
  }

  close(): void {}
}
