/** Substrates, and the clusters that they boot. */
import type { NodeId } from '../../node/contract/ids.ts';
import type { Order } from '../../node/contract/inputs.ts';
import type { ProtocolView } from '../../node/contract/view.ts';
import type { LabFact, Link } from './events.ts';
import type { Completion, Operation } from './operations.ts';
import type { Plan } from './plan.ts';
import type { ReportFile } from './report.ts';

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
