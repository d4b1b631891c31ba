/** Drives a workload: several clients, each with one operation at a time, at a rate; records every invocation before it is sent. */
import type { Cluster, LabClient } from './contracts/cluster.ts';
import type { RandomSource } from './contracts/faults.ts';
import type { Completion, HistoryEvent, Operation } from './contracts/operations.ts';
import type { OperationSource } from './contracts/workloads.ts';

export interface LoadOptions {
  readonly cluster: Cluster;
  readonly source: OperationSource;
  readonly random: RandomSource;
  readonly clients: number;
  /** Of all clients together. */
  readonly ratePerSecond: number;
  readonly timeoutMs: number;
  /** From the clock's time to the run's: milliseconds since load began. */
  readonly relative: (atMs: number) => number;
}

export interface Load {
  readonly history: readonly HistoryEvent[];
  readonly counts: { readonly ok: number; readonly fail: number; readonly info: number };
  /** Issues no more, and waits until all that is under way has ended. Leaves no timer behind. */
  stop(): Promise<void>;
  /** Reads everything back, trying again where a read fails. Aborted, it begins no other read than the one under way. */
  readBack(signal?: AbortSignal): Promise<void>;
}

/** How often a read of the read-back is tried. */
const readBackTries = 10;
const pollEveryMs = 20;

export function startLoad(options: LoadOptions): Load {
  const load = new ClientLoad(options);
  load.start();
  return load;
}

class ClientLoad implements Load {
  readonly #options: LoadOptions;
  readonly history: HistoryEvent[] = [];
  readonly counts = { ok: 0, fail: 0, info: 0 };
  /** Cancels the next operation of a client, where it has none under way. */
  readonly #scheduled = new Set<() => void>();
  #underWay = 0;
  #stopped = false;
  #lastOp = 0;
  /** Processes are numbered so that a client that does not know how its operation ended goes on as a new one. */
  #lastProcess: number;

  constructor(options: LoadOptions) {
    this.#options = options;
    this.#lastProcess = options.clients - 1;
  }

  start(): void {
    const { clients, cluster } = this.#options;
    for (let index = 0; index < clients; index += 1) {
      this.#schedule(cluster.client(`c${index + 1}`), index);
    }
  }

  /** The next operation of a client comes after a random pause; the mean of the pauses makes the rate. */
  #schedule(client: LabClient, process: number): void {
    if (this.#stopped) return;
    const { cluster, random, clients, ratePerSecond } = this.#options;
    const meanMs = (1000 * clients) / ratePerSecond;
    const cancel = cluster.clock.after(random.between(0, 2 * meanMs), () => {
      this.#scheduled.delete(cancel);
      this.#issue(client, process);
    });
    this.#scheduled.add(cancel);
  }

  #issue(client: LabClient, process: number): void {
    const op = this.#options.source.next(process);
    this.#invoke(client, process, op, (completion) => {
      let next = process;
      if (completion.type === 'info') {
        this.#lastProcess += 1;
        next = this.#lastProcess;
      }
      this.#schedule(client, next);
    });
  }

  #invoke(client: LabClient, process: number, op: Operation, then: (completion: Completion) => void): void {
    const { cluster, relative, source, timeoutMs } = this.#options;
    this.#lastOp += 1;
    const number = this.#lastOp;
    this.#underWay += 1;
    this.history.push({ type: 'invoke', op: number, process, atMs: relative(cluster.clock.now()), ...op });
    client.submit(op, timeoutMs, (completion) => {
      this.#underWay -= 1;
      this.counts[completion.type] += 1;
      this.history.push({ op: number, process, atMs: relative(cluster.clock.now()), ...completion });
      source.learn(op, completion);
      then(completion);
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    for (const cancel of this.#scheduled) cancel();
    await this.#quiet();
  }

  async #quiet(): Promise<void> {
    const { clock } = this.#options.cluster;
    // Every operation ends by its time-out; the bound is for a client that breaks its promise.
    const untilMs = clock.now() + 2 * this.#options.timeoutMs + 1000;
    while (this.#underWay > 0 && clock.now() < untilMs) await clock.sleep(pollEveryMs);
  }

  async readBack(signal?: AbortSignal): Promise<void> {
    const client = this.#options.cluster.client('reader');
    for (const op of this.#options.source.readBack()) {
      for (let attempt = 0, done = false; attempt < readBackTries && !done; attempt += 1) {
        if (signal?.aborted === true) return;
        this.#lastProcess += 1;
        this.#invoke(client, this.#lastProcess, op, (completion) => {
          done = completion.type === 'ok';
        });
        await this.#quiet();
      }
    }
  }
}
