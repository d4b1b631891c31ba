/**
 * The contracts of the lab. Data flows one way: an experiment (a file) is resolved into a plan, a substrate boots a
 * cluster, the run drives a workload and strikes faults, what happened becomes a recording, checkers judge it, and
 * reporters turn recording and verdict into files. Everything here is a plain value or a small interface.
 */
import type { VerificationKeys } from '../node/crypto/verifier.ts';
import type { NodeId, Order, ProtocolAbility, ProtocolView, SignedText } from '../node/protocol.ts';
import type { Experiment } from './experiment.ts';
import type { Span } from './spans.ts';

export type { Group, NodeId, Order, ProtocolAbility, SignedText } from '../node/protocol.ts';

// ---------------------------------------------------------------------------------------------------------- the plan

/** When a strike begins: at a time since load began, or some time after an event. */
export type StrikeTrigger =
  | { readonly atMs: number }
  | { readonly on: TriggerEvent; readonly notBeforeMs: number; readonly afterMs: number };

/** `election-started`: a replica stands for election. `leader-elected`: one has won. */
export type TriggerEvent = 'election-started' | 'leader-elected';

/** A strike with all of its random choices drawn, but for its target, which depends on who leads when it begins. */
export interface PlannedStrike {
  /** `s2.3`: the third repetition of the second strike of the experiment. */
  readonly id: string;
  readonly trigger: StrikeTrigger;
  readonly durationMs: number;
  readonly fault: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly target: string;
  /** True where nothing can succeed before the heal, for a reason that cannot be told from who runs and who reaches whom. */
  readonly outage: boolean;
}

/** An experiment resolved for one run; with the seed in it, all that is needed to run it again. `schedule.json`. */
export interface Plan {
  readonly schemaVersion: 1;
  readonly experiment: Experiment;
  readonly experimentName: string;
  readonly substrate: 'sim' | 'docker';
  readonly system: string;
  readonly protocol: string;
  readonly bug?: string;
  /** The storage engine that keeps the replicas' logs, on docker; the default of a replica where absent. */
  readonly storage?: string;
  readonly nodes: readonly NodeId[];
  /** Who belongs to the group at the beginning; all nodes where absent. */
  readonly members?: readonly NodeId[];
  /** Who is malicious from the beginning on, and how each behaves: files of node/malice. */
  readonly malicious?: Readonly<Record<NodeId, string>>;
  readonly seed: number;
  readonly durationMs: number;
  /** Ends the load early, with the schedule as it is; to look at the first part of a run. */
  readonly untilMs?: number;
  readonly strikes: readonly PlannedStrike[];
}

// ------------------------------------------------------------------------------------------------------- the history

/** An operation of a workload, before it is invoked. Values are JSON. */
export interface Operation {
  /** The kind: `read`, `write`, `cas`, ... */
  readonly f: string;
  readonly key: string;
  /** The argument: a value to write, or `[expected, new]` for a cas; null for a read. */
  readonly value: unknown;
}

/**
 * How an operation ended. `ok`: it happened, and `value` is its result (what a read saw; true or false for a cas).
 * `fail`: it certainly did not happen. `info`: nobody knows (a time-out, a broken connection).
 */
export interface Completion {
  readonly type: 'ok' | 'fail' | 'info';
  readonly value: unknown;
  readonly error?: string;
}

/** One line of `history.jsonl`. Times are milliseconds since load began. */
export type HistoryEvent =
  | {
      readonly type: 'invoke';
      readonly op: number;
      readonly process: number;
      readonly atMs: number;
      readonly f: string;
      readonly key: string;
      readonly value: unknown;
    }
  | {
      readonly type: 'ok' | 'fail' | 'info';
      readonly op: number;
      readonly process: number;
      readonly atMs: number;
      readonly value: unknown;
      readonly error?: string;
    };

/** An operation with both of its ends, as checkers read it. */
export interface CompletedOperation extends Operation {
  readonly op: number;
  readonly process: number;
  readonly invokeMs: number;
  /** Infinity where the outcome is unknown. */
  readonly completeMs: number;
  readonly type: 'ok' | 'fail' | 'info';
  /** What came back; see `Completion`. */
  readonly result: unknown;
}

// -------------------------------------------------------------------------------------------------------- the events

export type Phase = 'boot' | 'load' | 'heal' | 'settle' | 'read-back' | 'done';

/** A directed link between two replicas. */
export interface Link {
  readonly from: NodeId;
  readonly to: NodeId;
}

/** One line of `events.jsonl`. Times are milliseconds since load began; negative before. */
export type LabEvent = { readonly atMs: number } & LabFact;

export type LabFact =
  | { readonly type: 'phase'; readonly phase: Phase }
  /**
   * Everything is there that the replicas need, and they are being started; absent where nothing has to be started.
   * `engine` is its version, `images` the identity of each image by what it is for (`replica`, `toxiproxy`).
   */
  | { readonly type: 'booting'; readonly engine: string; readonly images: Readonly<Record<string, string>> }
  /** By what the signatures of the replicas can be verified; absent where the protocol does not sign. */
  | { readonly type: 'keys'; readonly keys: VerificationKeys }
  /** A strike was requested, with the target that was chosen. */
  | {
      readonly type: 'strike';
      readonly strike: string;
      readonly fault: string;
      readonly target: string;
      readonly nodes: readonly NodeId[];
      readonly links: readonly Link[];
    }
  /** Its commands are done: the fault should bite from here on. */
  | { readonly type: 'struck'; readonly strike: string }
  /** The heal was requested. */
  | { readonly type: 'heal'; readonly strike: string }
  | { readonly type: 'healed'; readonly strike: string }
  /** A strike came to nothing: there was no such target just then (nobody led, say). */
  | { readonly type: 'strike-skipped'; readonly strike: string; readonly why: string }
  /** A strike could not be carried out. */
  | { readonly type: 'strike-failed'; readonly strike: string; readonly error: string }
  // What the substrate observed of the processes and links, independent of what was requested.
  | { readonly type: 'node-up' | 'node-down' | 'node-paused' | 'node-resumed'; readonly node: NodeId }
  | { readonly type: 'disk-wiped' | 'disk-slow' | 'disk-fast'; readonly node: NodeId }
  /** A replica was told how to behave: a file of node/malice, or null for honestly. */
  | { readonly type: 'turned'; readonly node: NodeId; readonly behaviour: string | null }
  | {
      readonly type: 'link-dropped' | 'link-delayed';
      readonly from: NodeId;
      readonly to: NodeId;
      readonly strike: string;
      /** How long it had been so when it was noticed, in milliseconds; absent where it is noticed at once. */
      readonly lastedMs?: number;
    }
  /** What a replica's container uses. Bytes of the network count from its start; CPU is of one core, over the last second. */
  | {
      readonly type: 'resources';
      readonly node: NodeId;
      readonly cpuPercent: number;
      readonly memoryBytes: number;
      readonly receivedBytes: number;
      readonly sentBytes: number;
    }
  /** What a replica that runs holds; the log and the snapshot on its disk, the rest in its memory. */
  | {
      readonly type: 'footprint';
      readonly node: NodeId;
      /** The records of the log that were not given up, and their bytes as they are encoded. */
      readonly logRecords: number;
      readonly logBytes: number;
      /** Of the newest snapshot; 0 where there is none. */
      readonly snapshotBytes: number;
      /** Of the payloads of the log that are in memory, decided or not. */
      readonly heldBytes: number;
      /** Of the machine: keys, values, and the last result of each session. */
      readonly stateBytes: number;
      readonly keys: number;
      readonly sessions: number;
    }
  /** What a replica has done in all its lives, as it was counted when the load began, and when it ended. */
  | {
      readonly type: 'work';
      readonly node: NodeId;
      /** To other replicas, by their types. */
      readonly messages: Readonly<Record<string, number>>;
      /** Of these messages, about: a part of them is measured. */
      readonly bytes: number;
      readonly signatures: number;
      readonly verifications: number;
      /** Of its log. */
      readonly syncs: number;
    }
  // What the replicas report of themselves; a system that reports nothing has none of these.
  | { readonly type: 'role'; readonly node: NodeId; readonly role: string; readonly epoch: number }
  | {
      readonly type: 'append';
      readonly node: NodeId;
      readonly index: number;
      readonly epoch: number;
      readonly prevEpoch: number;
      readonly hash: number;
    }
  | { readonly type: 'apply'; readonly node: NodeId; readonly index: number; readonly hash: number }
  /** The configuration that is in force at this replica from `index` of its log on. */
  | {
      readonly type: 'configuration';
      readonly node: NodeId;
      readonly index: number;
      readonly voters: readonly NodeId[];
      readonly outgoing: readonly NodeId[];
      readonly learners: readonly NodeId[];
    }
  /** The state up to `index` is durable as a snapshot of so many bytes. */
  | { readonly type: 'snapshot'; readonly node: NodeId; readonly index: number; readonly bytes: number }
  /** The replica took over the state of a snapshot: its own at a start, or one that another replica sent. */
  | { readonly type: 'restore'; readonly node: NodeId; readonly index: number; readonly from: 'disk' | 'replica' }
  /** The log up to `index` is gone; so many entries are left, with so many bytes of payloads. */
  | {
      readonly type: 'compact';
      readonly node: NodeId;
      readonly index: number;
      readonly entries: number;
      readonly bytes: number;
    }
  /** A ballot (term, view) of this replica came to nothing: for `epoch`, from the slot `index` on; `by` is the later one. */
  | {
      readonly type: 'overtaken';
      readonly node: NodeId;
      readonly index: number;
      readonly epoch: number;
      readonly by: number;
    }
  /** A slot was decided, by a path that needs everybody or by one that goes on without some. Not where it was caught up with. */
  | { readonly type: 'decided'; readonly node: NodeId; readonly index: number; readonly path: 'fast' | 'slow' }
  /** A malicious replica has done for the first time what an honest one would not have done. */
  | { readonly type: 'deceived'; readonly node: NodeId; readonly behaviour: string }
  /** By these two statements `node` says that the culprit has contradicted itself. Anybody can verify it with the `keys`. */
  | {
      readonly type: 'evidence';
      readonly node: NodeId;
      readonly culprit: NodeId;
      readonly statements: readonly [SignedText, SignedText];
    }
  | { readonly type: 'stopped'; readonly node: NodeId; readonly reason: string }
  // The end.
  | { readonly type: 'settled'; readonly tookMs: number }
  | { readonly type: 'stalled'; readonly why: string }
  | { readonly type: 'interrupted' }
  /** The lab itself failed, as it noticed or as the substrate observed; nothing after it can be judged. */
  | { readonly type: 'lab-error'; readonly error: string }
  | {
      readonly type: 'final';
      readonly node: NodeId;
      readonly view: ProtocolView | null;
      readonly appliedIndex: number;
      readonly stateHash: string | null;
    };

/** Everything that a run left behind; `check` judges it again from its files alone. */
export interface Recording {
  readonly plan: Plan;
  readonly history: readonly HistoryEvent[];
  readonly events: readonly LabEvent[];
  /** What else the substrate left; not judged. */
  readonly artifacts?: readonly ReportFile[];
}

// ------------------------------------------------------------------------------------------- substrates and clusters

/** What a substrate may or may not be able to do; a fault names what it needs, and is refused before boot without it. */
export type Capability =
  | ('process.kill' | 'process.pause')
  | ('link.cut' | 'link.latency' | 'link.loss' | 'link.reorder')
  | ('disk.slow' | 'disk.wipe')
  /** What replicas hold is sampled (the fact `footprint`). */
  | 'replica.footprint'
  /** Replicas can be told to be malicious while they run. */
  | 'replica.behave'
  /** Whoever leads can be asked to change the members of the group, or to hand over. */
  | 'group.order';

/** What can be wrong with a directed link. Several hold at once; each carries the strike that set it. */
export type Impairment =
  | { readonly kind: 'cut' }
  | { readonly kind: 'latency'; readonly delayMs: number; readonly jitterMs: number }
  | { readonly kind: 'loss'; readonly probability: number };

/** Undoes what a strike did. Safe to call more than once. */
export type Heal = () => Promise<void>;

/** Time as the lab sees it: virtual in the simulator, real on docker. Callbacks for the load, promises for the rest. */
export interface LabClock {
  /** Milliseconds. */
  now(): number;
  after(delayMs: number, fn: () => void): () => void;
  /** Ends early, without an error, when `signal` is aborted. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>;
}

/** One client of the system under test. At most one operation at a time. */
export interface LabClient {
  /** Calls `done` exactly once, at the latest after `timeoutMs`. */
  submit(op: Operation, timeoutMs: number, done: (completion: Completion) => void): void;
}

/** What a cluster knows of a replica right now. */
export interface NodeStatus {
  readonly node: NodeId;
  readonly state: 'up' | 'down' | 'paused';
  /** Null while it is not up, or for a system that reports nothing. */
  readonly view: ProtocolView | null;
  readonly appliedIndex: number;
}

/** A booted system under test. Control calls are for the orchestrator; the load goes through clients. */
export interface Cluster {
  readonly clock: LabClock;
  readonly nodes: readonly NodeId[];
  client(name: string): LabClient;
  status(node: NodeId): NodeStatus;
  kill(node: NodeId): Promise<void>;
  start(node: NodeId): Promise<void>;
  pause(node: NodeId): Promise<void>;
  resume(node: NodeId): Promise<void>;
  /** What an operator wants of the group, said to one replica. Rejects with the reason where that does not do it. */
  order(node: NodeId, order: Order): Promise<void>;
  /** Empties the disk of a replica that does not run. */
  wipe(node: NodeId): Promise<void>;
  /** From now on every sync of a replica's disk takes so much longer, in milliseconds; 0 ends it. */
  slowDisk(node: NodeId, delayMs: number): Promise<void>;
  /** From now on a replica behaves so, also after a restart: a file of node/malice, or null for honestly. */
  behave(node: NodeId, behaviour: string | null): Promise<void>;
  /** Impairs links on behalf of a strike; the returned heal takes off exactly that, and nothing of other strikes. */
  impair(strike: string, links: readonly Link[], impairment: Impairment): Promise<Heal>;
  /** Takes off every impairment and starts every replica that is not running. The one call that must always work. */
  healAll(): Promise<void>;
  /** A hash of a replica's whole state; null for a system that does not tell. */
  stateHash(node: NodeId): Promise<string | null>;
  /** What each replica has done so far; absent where that is not counted. */
  work?(): readonly Extract<LabFact, { readonly type: 'work' }>[];
  /** Files that belong to the record of the run: the compose file, the replicas' logs. Named relative to its folder. */
  artifacts(): Promise<ReportFile[]>;
  /** Removes everything, unless it was booted to stay. Safe to call more than once. */
  close(): Promise<void>;
}

export interface Substrate {
  readonly name: Plan['substrate'];
  readonly capabilities: ReadonlySet<Capability>;
  /** Boots the plan's system; `observe` takes every fact, with the clock's time. */
  boot(plan: Plan, observe: (atMs: number, fact: LabFact) => void, options?: BootOptions): Promise<Cluster>;
}

export interface BootOptions {
  /** Closing the cluster leaves the system running, for people to look at; for substrates where something runs. */
  readonly keepUp?: boolean;
  /** Ends a boot that takes its time; what came up is removed. */
  readonly signal?: AbortSignal;
}

// ------------------------------------------------------------------------------------ faults, targets and workloads

export interface RandomSource {
  /** An integer in [min, max]. */
  integer(min: number, max: number): number;
  /** A number in [0, 1). */
  fraction(): number;
  /** A number in [min, max). */
  between(min: number, max: number): number;
  chance(probability: number): boolean;
  pick<T>(items: readonly T[]): T;
  /** `count` different items, in random order. */
  sample<T>(items: readonly T[], count: number): T[];
}

/** What a fault works with. */
export interface StrikeContext {
  readonly cluster: Cluster;
  readonly strike: string;
  readonly nodes: readonly NodeId[];
  readonly links: readonly Link[];
}

/** What an observer saw between a strike and the end of its heal; the fault says whether that shows that it bit. */
export interface StrikeEvidence {
  readonly nodes: readonly NodeId[];
  readonly links: readonly Link[];
  readonly events: readonly LabEvent[];
}

/** The default export of `faults/<name>.ts`. */
export interface Fault<P> {
  readonly summary: string;
  /** Of the substrate. What needs `link.cut` lets nothing pass on its links from `struck` until its heal. */
  readonly needs: readonly Capability[];
  /** Of the protocol; nothing in particular where absent. */
  readonly needsOfProtocol?: readonly ProtocolAbility[];
  /** Throws a sentence where the parameters are wrong. */
  readonly parse: (params: unknown) => P;
  /** The links that it touches, given its target nodes; none for a fault of processes. */
  readonly links: (target: readonly NodeId[], all: readonly NodeId[], params: P) => Link[];
  /** Strikes, and returns its own heal. Keeps nothing but what belongs to the cluster of the strike. */
  readonly strike: (context: StrikeContext, params: P) => Promise<Heal>;
  /** Whether the observations show that the fault took effect. */
  readonly bit: (evidence: StrikeEvidence) => boolean;
}

/** The default export of `targets/<name>.ts`. */
export interface Target {
  readonly summary: string;
  /** Chooses nodes now. `struck` counts how often each node was hit before. An empty list: there is none just now. */
  readonly choose: (view: {
    readonly statuses: readonly NodeStatus[];
    readonly tolerated: number;
    readonly struck: ReadonlyMap<NodeId, number>;
    readonly random: RandomSource;
  }) => NodeId[];
}

/** A running stream of operations. */
export interface OperationSource {
  next(process: number): Operation;
  /** What the load learned; generators aim compare-and-set operations with it. */
  learn(op: Operation, completion: Completion): void;
  /** The operations that read everything back at the end. */
  readBack(): Operation[];
}

/** A sequential specification: what a single copy would do. States are compared by `stateKey`. */
export interface Model<S> {
  readonly initial: S;
  /** The state after `op` returned `result`, or null where a single copy could not have answered so. */
  readonly step: (state: S, op: Operation, result: unknown, known: boolean) => { readonly state: S } | null;
  readonly stateKey: (state: S) => string | number;
  /** Plain words, such as `write 5 to k1` or `read k1 -> 5`. */
  readonly describe: (op: CompletedOperation) => string;
  readonly describeState: (state: S) => string;
}

/** The default export of `workloads/<name>.ts`. */
export interface Workload<S> {
  readonly summary: string;
  /** The kinds of operations that it issues with these params; each must succeed under fault, or the run proves nothing. */
  readonly kinds: (params: unknown) => readonly string[];
  readonly parse: (params: unknown) => unknown;
  readonly source: (params: unknown, random: RandomSource) => OperationSource;
  /** Keys are independent of each other (P-compositionality): each is checked alone against this model. */
  readonly model: Model<S>;
}

// ---------------------------------------------------------------------------------------------- checkers and verdicts

/** Limits that keep a check from running away; past them its verdict is `unknown`. */
export interface CheckLimits {
  readonly timeMs: number;
  readonly maxStates: number;
}

/** What a property is about, and so what its violation means. */
export type PropertyKind = 'safety' | 'liveness' | 'coverage';

/** Operations or events that contradict each other, for a person to read. */
export interface Evidence {
  /** Plain words, one sentence each, in the order in which they should be read. */
  readonly sentences: readonly string[];
  /** The window, in milliseconds since load began. */
  readonly fromMs: number;
  readonly toMs: number;
  /** The operations of the history that it is about, by number; empty where it is about events. */
  readonly ops: readonly number[];
}

export interface CheckResult {
  readonly check: string;
  readonly kind: PropertyKind;
  readonly verdict: 'valid' | 'invalid' | 'unknown';
  /** The outcome in a sentence. */
  readonly summary: string;
  /** What was measured, where there is a figure, beside its limit. */
  readonly value?: number;
  readonly limit?: number;
  readonly unit?: string;
  readonly evidence: readonly Evidence[];
}

/** The default export of `checkers/<name>.ts`. Pure: recording in, result out. */
export interface Checker {
  readonly summary: string;
  readonly kind: PropertyKind;
  readonly check: (recording: Recording, limits: CheckLimits) => Promise<Omit<CheckResult, 'check' | 'kind'>>;
}

/**
 * `OUTSIDE FAULT MODEL`: more replicas were malicious than the protocol stands, or any for one that stands crashes alone. What
 * was found says what that does to it, and nothing against the protocol.
 */
export type Outcome =
  | 'PASS'
  | 'FAIL (safety)'
  | 'FAIL (liveness)'
  | 'INCONCLUSIVE'
  | 'OUTSIDE FAULT MODEL'
  | 'LAB ERROR';

/** Figures of a run, for tiles and tables. */
export interface RunStatistics {
  readonly operations: { readonly ok: number; readonly fail: number; readonly info: number };
  readonly perKind: Readonly<Record<string, { readonly ok: number; readonly fail: number; readonly info: number }>>;
  readonly throughputPerSecond: number;
  /** Milliseconds; null where nothing succeeded. */
  readonly latencyCalmMs: Percentiles | null;
  readonly latencyFaultMs: Percentiles | null;
  /** The longest stretch of the load without a successful write. */
  readonly longestOutageMs: number;
  /** From the last heal to 95 % of the calm throughput; null where it was not reached. */
  readonly recoveryTo95Ms: number | null;
  readonly leaderChanges: number;
  /** Null where no ballot was overtaken since load began, as by a protocol that reports none. */
  readonly duels: Duels | null;
  /** From the start of the containers to the first acknowledged write; null where nothing had to be started. */
  readonly bootToFirstWriteMs: number | null;
  /** How often a replica cut its log. */
  readonly compactions: number;
  /** The most that any replica held; null where that was not sampled. */
  readonly peakFootprint: PeakFootprint | null;
  /** What was done under load; null where that was not counted, or nothing was decided. */
  readonly work: WorkDone | null;
  /** Per fault, from a strike's command to the last of its targets that was observed to feel it; see `strike-effects.ts`. */
  readonly strikeEffects: readonly StrikeEffects[];
}

/** What proposers that compete took from each other since load began; see `duels.ts`. */
export interface Duels {
  /** How many ballots (terms, views) came to nothing, because a later one stood against them. */
  readonly overtaken: number;
  /** The slot that took the most of them, the first of several. */
  readonly most: DuelledSlot;
  /** The slot that waited longest to be applied, from the first of its overtaken ballots on. */
  readonly longest: DuelledSlot;
}

/** A slot of the log for which ballots came to nothing. */
export interface DuelledSlot {
  readonly index: number;
  /** How many, and when the first and the last of them, in milliseconds since load began. */
  readonly overtaken: number;
  readonly fromMs: number;
  readonly toMs: number;
  /** From the first of them until any replica had applied the slot, 0 where one had before; null where none ever did. */
  readonly heldUpMs: number | null;
}

/** The most that any one replica held of each at one of its samples, in bytes. */
export interface PeakFootprint {
  /** Of the log on its disk. */
  readonly logBytes: number;
  /** Of the newest snapshot on its disk. */
  readonly snapshotBytes: number;
  /** In memory: payloads of the log, and the machine's state. */
  readonly memoryBytes: number;
}

/** What all replicas together did from the begin of the load to its end; see `work.ts`. */
export interface WorkDone {
  /** How many slots of the log were decided: one may hold many commands, or none. */
  readonly slots: number;
  /** How many operations succeeded. */
  readonly operations: number;
  /** Between replicas. */
  readonly messages: number;
  readonly messagesByType: Readonly<Record<string, number>>;
  /** Of the messages, about. */
  readonly bytes: number;
  readonly signatures: number;
  readonly verifications: number;
  readonly syncs: number;
  /** The share of decisions that came about by a fast path, from 0 to 1; null where replicas do not tell. */
  readonly fastShare: number | null;
}

/** How fast the strikes of one fault took effect. */
export interface StrikeEffects {
  readonly fault: string;
  /** How many strikes of it were observed to take effect on every target. */
  readonly strikes: number;
  /** Milliseconds. */
  readonly medianMs: number;
  readonly maxMs: number;
}

export interface Percentiles {
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

export interface Verdict {
  readonly outcome: Outcome;
  /** The verdict in a sentence or two, with the figures that matter. */
  readonly sentence: string;
  readonly checks: readonly CheckResult[];
  readonly statistics: RunStatistics;
  /** When no quorum was left while the load ran; see `quorum-left.ts`. */
  readonly withoutQuorum: readonly Span[];
  readonly exitCode: number;
}

/** Where the run came from; part of `result.json`. */
export interface Provenance {
  readonly splitbrainVersion: string;
  readonly commit: string | null;
  readonly nodeVersion: string;
  readonly platform: string;
  readonly startedAt: string;
  readonly wallMs: number;
}

export interface ReportInput {
  readonly recording: Recording;
  readonly verdict: Verdict;
  readonly provenance: Provenance;
  readonly commands: { readonly replay: string; readonly run: string };
}

/** A file as a value: only the command line writes. */
export interface ReportFile {
  readonly name: string;
  readonly content: string;
}

/** The default export of `reporters/<name>.ts`. */
export interface Reporter {
  readonly summary: string;
  readonly render: (input: ReportInput) => Promise<ReportFile[]> | ReportFile[];
}
