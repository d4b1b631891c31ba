/** The clients of one job: each carries out one operation after the other, and every end is measured. */
import type { RandomSource } from '../../contracts/faults.ts';
import type { BenchOperation, Driver, Loop, Outcome } from '../contracts.ts';
import type { Histories } from './histories.ts';
import type { Latencies } from './latencies.ts';

/** Operations that wait for a free client in an open loop; past it the load has outrun the system, and they count as failed. */
const maxWaiting = 1_000_000;
/** A timer rings less than this too early, in milliseconds. */
const earlyMs = 5;

export interface ClientsOptions {
  readonly driver: Driver;
  readonly clients: number;
  readonly operationsPerCall: number;
  readonly loop: Loop;
  readonly random: RandomSource;
  /** The next operation; null where there are no more. */
  readonly next: () => BenchOperation | null;
  readonly acknowledged: (operation: BenchOperation) => void;
  readonly histories: Histories;
}

/** What was counted while it was measured. */
export class Tally {
  ok = 0;
  failed = 0;
  unknown = 0;
  /** Calls that ended, however they did; one may carry many operations. */
  calls = 0;
  readonly perSecond: number[] = [];
  readonly latencies: Latencies;
  readonly beganMs = performance.now();

  constructor(latencies: Latencies) {
    this.latencies = latencies;
  }

  /**
   * Acknowledged operations of each second. What is left of a second at the end is no second: it would look like a stall.
   * A timer may ring a little early, and that takes no second away.
   */
  wholeSeconds(durationMs: number): number[] {
    return Array.from(
      { length: Math.floor((durationMs + earlyMs) / 1000) },
      (_, second) => this.perSecond[second] ?? 0,
    );
  }
}

interface Call {
  readonly client: number;
  /** Those under way: one list for all that come one after the other. */
  readonly operations: BenchOperation[];
  /** The recorded ones of them, by their numbers in `Histories`; 0 for one that is not. */
  recorded: number[];
  sentMs: number;
  dueMs: number;
  /** A read-modify-write has read, and now writes. */
  writes: boolean;
}

export class Clients {
  readonly #options: ClientsOptions;
  readonly #calls: Call[];
  readonly #idle: number[] = [];
  readonly #waitingDueMs: number[] = [];
  #waitingHead = 0;
  #nextDueMs = 0;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  #underWay = 0;
  #onQuiet: (() => void) | undefined;
  /** Where ends are counted just now; undefined while the system warms up. */
  tally: Tally | undefined;

  constructor(options: ClientsOptions) {
    this.#options = options;
    this.#calls = Array.from({ length: options.clients }, (_, client) => {
      return { client, operations: [], recorded: [], sentMs: 0, dueMs: 0, writes: false };
    });
    options.driver.onDone = (client, outcome, value) => this.#onDone(client, outcome, value);
  }

  start(): void {
    const nowMs = performance.now();
    if (this.#options.loop.kind === 'closed') {
      for (const call of this.#calls) this.#begin(call, nowMs, nowMs);
      this.#settleIfQuiet();
      return;
    }
    for (const { client } of this.#calls) this.#idle.push(client);
    this.#nextDueMs = nowMs;
    this.#tick();
  }

  /** Begins no more operations; resolves when those under way have ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.quiet();
  }

  /** Resolves when nothing is under way and nothing more comes. */
  quiet(): Promise<void> {
    return new Promise((resolve) => {
      this.#onQuiet = resolve;
      this.#settleIfQuiet();
    });
  }

  #settleIfQuiet(): void {
    if (this.#underWay > 0 || (this.#options.loop.kind === 'open' && !this.#stopped)) return;
    this.#onQuiet?.();
  }

  /** Arrivals are a Poisson process, gathered to the millisecond, as timers are. */
  #tick(): void {
    const { loop, random, operationsPerCall } = this.#options;
    if (loop.kind !== 'open' || this.#stopped) return;
    const nowMs = performance.now();
    const meanGapMs = (1000 * operationsPerCall) / loop.ratePerSecond;
    while (this.#nextDueMs <= nowMs) {
      this.#arrive(Math.min(Math.ceil(this.#nextDueMs), nowMs), nowMs);
      this.#nextDueMs += -Math.log(1 - random.fraction()) * meanGapMs;
    }
    this.#timer = setTimeout(() => this.#tick(), 1);
  }

  #arrive(dueMs: number, nowMs: number): void {
    const client = this.#idle.pop();
    if (client !== undefined) this.#begin(this.#calls[client] as Call, dueMs, nowMs);
    else if (this.#waitingDueMs.length - this.#waitingHead < maxWaiting) this.#waitingDueMs.push(dueMs);
    else if (this.tally !== undefined) this.tally.failed += this.#options.operationsPerCall;
  }

  /** @param nowMs - the time was read just now: it is read once for the end of one operation and the begin of the next */
  #begin(call: Call, dueMs: number, nowMs: number): void {
    const { next, operationsPerCall } = this.#options;
    const { operations } = call;
    let drawn = 0;
    for (; drawn < operationsPerCall; drawn += 1) {
      const operation = next();
      if (operation === null) break;
      operations[drawn] = operation;
    }
    // Not set to 0 before: a list that becomes shorter loses its memory.
    if (drawn < operations.length) operations.length = drawn;
    const first = operations[0];
    if (first === undefined) return;
    call.dueMs = dueMs;
    call.sentMs = nowMs;
    call.writes = false;
    this.#underWay += 1;
    if (first.kind === 'read-modify-write') this.#send(call, [{ kind: 'read', key: first.key }]);
    else this.#send(call, operations);
  }

  #send(call: Call, operations: readonly BenchOperation[]): void {
    const { driver, histories } = this.#options;
    if (histories.sampling) {
      call.recorded = operations.map((operation, place) => histories.invoke(this.#lane(call, place), operation));
    }
    driver.submit(call.client, operations);
  }

  /** A process of a history has one operation under way: each place in a call of many is one of its own. */
  #lane({ client }: Call, place: number): number {
    return client * this.#options.operationsPerCall + place;
  }

  #onDone(client: number, outcome: Outcome, value: string | null | undefined): void {
    const call = this.#calls[client] as Call;
    const { histories } = this.#options;
    if (histories.sampling) {
      for (const [place, op] of call.recorded.entries()) {
        if (op !== 0) histories.complete(op, this.#lane(call, place), outcome, value);
      }
    }
    const first = call.operations[0];
    if (first?.kind === 'read-modify-write' && !call.writes && outcome === 'ok') {
      call.writes = true;
      this.#send(call, [{ kind: 'update', key: first.key, value: first.value }]);
      return;
    }
    const nowMs = performance.now();
    this.#count(call, outcome, nowMs);
    this.#underWay -= 1;
    this.#goOn(call, nowMs);
  }

  #goOn(call: Call, nowMs: number): void {
    if (this.#stopped) {
      this.#settleIfQuiet();
      return;
    }
    if (this.#options.loop.kind === 'closed') {
      this.#begin(call, nowMs, nowMs);
      if (this.#underWay === 0) this.#settleIfQuiet();
      return;
    }
    const dueMs = this.#waitingDueMs[this.#waitingHead];
    if (dueMs === undefined) {
      this.#idle.push(call.client);
      return;
    }
    this.#waitingHead += 1;
    if (this.#waitingHead === this.#waitingDueMs.length) {
      this.#waitingDueMs.length = 0;
      this.#waitingHead = 0;
    }
    this.#begin(call, dueMs, nowMs);
  }

  #count(call: Call, outcome: Outcome, nowMs: number): void {
    const { operations } = call;
    if (outcome === 'ok') for (const operation of operations) this.#options.acknowledged(operation);
    const { tally } = this;
    if (tally === undefined) return;
    tally.calls += 1;
    tally[outcome] += operations.length;
    if (outcome !== 'ok') return;
    const second = Math.floor((nowMs - tally.beganMs) / 1000);
    tally.perSecond[second] = (tally.perSecond[second] ?? 0) + operations.length;
    tally.latencies.record(operations[0]?.kind ?? 'read', nowMs - call.sentMs, nowMs - call.dueMs);
  }
}
