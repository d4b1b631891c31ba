/**
 * The contracts of the benchmark. Data flows one way: flags become a plan; a plan boots systems and, point by point, lets
 * a load generator (a process of its own) drive one of them; what it measured and what the replicas' counters say becomes
 * a `BenchResult`; reports turn that into files.
 */
import type { RandomSource } from '../contracts/faults.ts';

// --------------------------------------------------------------------------------------------------- what is asked for

/** One operation, as a workload draws it. Values are text of one byte a character. */
export type BenchOperation =
  | { readonly kind: 'read'; readonly key: string }
  | { readonly kind: 'update' | 'insert' | 'read-modify-write'; readonly key: string; readonly value: string }
  /** Reads up to `count` records in key order, from `key` on. */
  | { readonly kind: 'scan'; readonly key: string; readonly count: number };

export type OperationKind = BenchOperation['kind'];

export interface WorkloadSettings {
  /** How many records the load phase inserts. */
  readonly records: number;
  readonly valueBytes: number;
}

/** A running stream of operations, for all clients of one load generator. */
export interface OperationStream {
  next(): BenchOperation;
  /** An operation that `next` gave was acknowledged: an inserted record may be read from now on. */
  acknowledged(operation: BenchOperation): void;
}

/** The default export of `workloads/<name>.ts`: the run phase; the load phase is the same for all, see `records.ts`. */
export interface BenchWorkload {
  readonly summary: string;
  /** The operations that it issues. */
  readonly kinds: readonly OperationKind[];
  readonly stream: (settings: WorkloadSettings, random: RandomSource) => OperationStream;
}

// ------------------------------------------------------------------------------------------------ the load generator

/** `failed`: certainly not carried out. `unknown`: nobody knows. */
export type Outcome = 'ok' | 'failed' | 'unknown';

/**
 * How operations travel from the generator to a system. The default export of `drivers/<name>.ts` makes one; it serves all
 * clients of a generator, and must be light: what it costs is missing to what it measures.
 */
export interface Driver {
  /** Resolves when operations can be sent. Rejects with a sentence where nobody answers. */
  open(): Promise<void>;
  /**
   * Carries out operations of one client (0 to `clients` - 1), which has no others under way. Calls `onDone` once, in a
   * later turn, at the latest after the time-out: with `ok` all were carried out. The list is its caller's again after that.
   */
  submit(client: number, operations: readonly BenchOperation[]): void;
  /** `value` is what the first operation read: null where there was no record, undefined where it was no read. */
  onDone: (client: number, outcome: Outcome, value: string | null | undefined) => void;
  close(): void;
}

export interface DriverSettings {
  /** Of our replicas: how their clients behave follows from it. Of a peer its name. */
  readonly protocol: string;
  /** Where each replica takes clients, `host:port`, by its name. */
  readonly endpoints: Readonly<Record<string, string>>;
  /** The one that leads, where that is known: peers without redirection are asked there. */
  readonly leader?: string;
  /** The private key that clients sign with; absent where they do not. */
  readonly clientKey?: string;
  readonly clients: number;
  readonly timeoutMs: number;
}

/** The default export of `drivers/<name>.ts`. */
export interface DriverDefinition {
  readonly summary: string;
  /** What shares a message, a log entry or a sync, in words; stands beside every ratio. */
  readonly batching: string;
  /** The operations that it can carry. */
  readonly kinds: readonly OperationKind[];
  /** How many operations one `submit` takes. */
  readonly operationsPerCall: number;
  readonly create: (settings: DriverSettings) => Driver;
}

/** `closed`: each client sends when its last operation ended. `open`: operations arrive at a rate, whatever happens. */
export type Loop = { readonly kind: 'closed' } | { readonly kind: 'open'; readonly ratePerSecond: number };

/** What one generator is told to do. */
export interface LoadJob {
  readonly driver: string;
  readonly driverSettings: DriverSettings;
  /** `load` inserts the records once; `run` draws from the workload. */
  readonly phase: 'load' | 'run';
  readonly workload: string;
  readonly settings: WorkloadSettings;
  readonly seed: number;
  readonly loop: Loop;
  /** Not measured. */
  readonly warmupMs: number;
  readonly durationMs: number;
  /** The history of so many keys is recorded; 0 for none. All jobs of one generator make one history. */
  readonly checkedKeys: number;
}

/** What a generator says while it works. */
export type LoadReport =
  | { readonly type: 'measuring' }
  | { readonly type: 'progress'; readonly ok: number; readonly elapsedMs: number }
  /** The measured time is over; operations under way are still waited for. */
  | { readonly type: 'measured' }
  | { readonly type: 'done'; readonly result: LoadResult }
  /** The history that was asked for is in this file. */
  | { readonly type: 'history'; readonly file: string; readonly operations: number }
  | { readonly type: 'failed'; readonly error: string };

/** Quantiles in milliseconds. */
export interface Latency {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
  readonly mean: number;
}

/** The latencies of one kind of operation. */
export interface LatencyRecord {
  /**
   * Corrected for coordinated omission. Open loop: from when the operation was due. Closed loop: a client that was held
   * up is charged for the operations that it would have sent meanwhile, one each mean cycle.
   */
  readonly corrected: Latency;
  /** From when the operation was sent. */
  readonly raw: Latency;
  /** The corrected HDR histogram in microseconds: base64 of its compressed V2 encoding. */
  readonly histogram: string;
}

export interface LoadResult {
  readonly durationMs: number;
  readonly ok: number;
  readonly failed: number;
  readonly unknown: number;
  /** Acknowledged operations of each second of the measured time. */
  readonly perSecond: readonly number[];
  /** By kind, and `all`. Kinds that were not issued are absent. */
  readonly latency: Readonly<Record<string, LatencyRecord>>;
  /** Of the generator itself. */
  readonly cpuSeconds: number;
}

// ------------------------------------------------------------------------------------------------------------ systems

/** What one replica counts since its start. Null where the system does not tell. */
export interface ReplicaCounters {
  readonly node: string;
  readonly leads: boolean;
  readonly cpuSeconds: number;
  readonly memoryBytes: number;
  readonly syncs: number | null;
  readonly sentMessages: number | null;
  readonly sentBytes: number | null;
  /** Batches of operations that it applied. */
  readonly batches: number | null;
  /** Made, and checked. Null also where the protocol does not sign. */
  readonly signatures: number | null;
  readonly verifications: number | null;
}

/** A cluster under load: ours, or a peer. */
export interface BenchSystem {
  /** `raft`, `multi-paxos`, `raft-lmdb`, `etcd`. */
  readonly name: string;
  /** The version that it tells of itself. */
  readonly version: string;
  readonly endpoints: Readonly<Record<string, string>>;
  /** The private key that clients sign with; undefined where they do not. */
  readonly clientKey?: string | undefined;
  counters(): Promise<readonly ReplicaCounters[]>;
  close(): Promise<void>;
}

// ----------------------------------------------------------------------------------------------------------- the plan

/** One measurement: a system, how it is driven, and how hard. */
export interface BenchPoint {
  readonly system: string;
  readonly driver: string;
  readonly workload: string;
  readonly clients: number;
  readonly loop: Loop;
}

export interface BenchPlan {
  /** The first version had one `protocol`. */
  readonly schemaVersion: 2;
  readonly seed: number;
  readonly on: 'local' | 'docker';
  /** Each a system of its own; at least one. */
  readonly protocols: readonly string[];
  /** The one of them that the others are compared with; null where protocols are not compared. */
  readonly beside: string | null;
  readonly nodes: number;
  /** The storage engines that keep our replicas' logs, each a system of its own; none where they have their default. */
  readonly storages: readonly string[];
  /** The modes that all protocols but the one of `beside` are run in, each a system of its own; none where they have their default. */
  readonly modes: readonly string[];
  readonly peers: readonly string[];
  readonly settings: WorkloadSettings;
  readonly points: readonly BenchPoint[];
  /** Every point is measured once a round; systems take turns within a round. */
  readonly rounds: number;
  readonly warmupMs: number;
  readonly durationMs: number;
  readonly checkedKeys: number;
}

// --------------------------------------------------------------------------------------------------------- the result

/** What one replica spent in the measured time of one point. */
export interface ReplicaCost {
  readonly node: string;
  readonly leads: boolean;
  /** Of one core, in percent. */
  readonly cpuPercent: number;
  readonly memoryBytes: number;
}

/** One point in one round. */
export interface Measurement {
  readonly point: BenchPoint;
  readonly round: number;
  readonly opsPerSecond: number;
  readonly load: LoadResult;
  readonly replicas: readonly ReplicaCost[];
  /** Of all replicas, per acknowledged operation. Null where the system does not tell. */
  readonly perOperation: {
    readonly cpuMicroseconds: number;
    readonly syncs: number | null;
    readonly messages: number | null;
    readonly bytes: number | null;
    /** Null also where the protocol does not sign. */
    readonly signatures: number | null;
    readonly verifications: number | null;
  };
  /** Acknowledged operations for each batch that was applied, by the replica that applied most. Null where it does not tell. */
  readonly operationsPerBatch: number | null;
  /** Of one core, in percent. */
  readonly generatorCpuPercent: number;
}

/** Two points side by side: medians of the rounds, and the ratio round by round. */
export interface Ratio {
  /** `puts/s, 1,000 clients`, `puts/s by multi-paxos, 1,000 clients`. */
  readonly name: string;
  readonly unit: 'ops/s' | 'ms';
  readonly ours: {
    readonly system: string;
    readonly driver: string;
    readonly value: number;
    readonly batching: string;
  };
  readonly theirs: {
    readonly system: string;
    readonly driver: string;
    readonly value: number;
    readonly batching: string;
  };
  /** `ours / theirs`: the median of the rounds, and the extremes. */
  readonly ratio: number;
  readonly min: number;
  readonly max: number;
  /** Whether more is better (a rate) or less (a time). */
  readonly better: 'more' | 'less';
  /** What it must reach, and what is aimed at. */
  readonly required: number | null;
  readonly aim: number | null;
}

/** What the checker said of the recorded history of one system. */
export interface CheckedHistory {
  readonly system: string;
  readonly verdict: 'valid' | 'invalid' | 'unknown';
  readonly summary: string;
  readonly operations: number;
  readonly keys: number;
  /** The file in the results folder. */
  readonly file: string;
}

/** `bench.json`. */
export interface BenchResult {
  readonly schemaVersion: 1;
  readonly startedAt: string;
  readonly machine: {
    readonly cpu: string;
    readonly cores: number;
    readonly memoryBytes: number;
    readonly os: string;
    readonly node: string;
  };
  readonly version: string;
  readonly plan: BenchPlan;
  readonly systems: readonly { readonly name: string; readonly version: string }[];
  readonly measurements: readonly Measurement[];
  readonly ratios: readonly Ratio[];
  readonly checks: readonly CheckedHistory[];
}
