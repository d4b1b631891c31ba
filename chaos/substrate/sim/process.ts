/** A simulated replica process: can be killed, started, paused and resumed; its disk outlives it. */

import type { DeskRules } from '../../../node/client-desk.ts';
import type { ReplicaConfig } from '../../../node/contract/config.ts';
import type { ClientId, NodeId } from '../../../node/contract/ids.ts';
import type { Order } from '../../../node/contract/inputs.ts';
import type { Protocol } from '../../../node/contract/protocol.ts';
import type { Machine } from '../../../node/machine/machine.ts';
import type { NamedBehaviour } from '../../../node/malice/kit/malicious-replica.ts';
import type {
  ClientReply,
  ClientRequest,
  Clock,
  Random,
  ReplicaFact,
  Snapshots,
  Storage,
} from '../../../node/ports.ts';
import { Replica } from '../../../node/runtime.ts';
import type { NodeStatus } from '../../contracts/cluster.ts';
import type { LabFact } from '../../contracts/events.ts';
import type { SimClock } from './clock.ts';
import type { SimDisk } from './disk.ts';

/** What a replica holds at one moment; see the fact. */
export type Footprint = Extract<LabFact, { readonly type: 'footprint' }>;

/** A replica that may be told to behave otherwise than honestly. */
type TurnableProtocol = Protocol<unknown, unknown> & { readonly behave?: (named?: NamedBehaviour) => void };

/** What the world around a process does for it. */
export interface ProcessWorld {
  readonly clock: SimClock;
  readonly random: Random;
  readonly observe: (fact: LabFact) => void;
  readonly send: (to: NodeId, msg: unknown) => void;
  /** The process ended: the system closes its connections. */
  readonly hangUp: () => void;
  readonly reply: (client: ClientId, reply: ClientReply) => void;
  readonly createProtocol: () => TurnableProtocol;
  readonly createMachine: () => Machine;
  /** Whether a quorum of replicas answers reads beside the log. */
  readonly quorumReads: boolean;
  readonly deskRules?: Partial<DeskRules>;
  /** Present where clients sign. */
  readonly isGenuine?: ReplicaConfig['isGenuine'];
}

export class SimProcess {
  readonly node: NodeId;
  readonly #world: ProcessWorld;
  readonly #disk: SimDisk<unknown>;
  #state: NodeStatus['state'] = 'down';
  #replica: Replica<unknown, unknown> | undefined;
  #protocol: TurnableProtocol | undefined;
  #behaviour: NamedBehaviour | undefined;
  #incarnation = new AbortController();
  /** What came to a paused process: timers that ran out, and messages in its socket buffers. */
  #dueTimers: (() => void)[] = [];
  #buffered: (() => void)[] = [];

  constructor(node: NodeId, world: ProcessWorld, disk: SimDisk<unknown>) {
    this.node = node;
    this.#world = world;
    this.#disk = disk;
  }

  start(): void {
    if (this.#state !== 'down') return;
    this.#incarnation = new AbortController();
    this.#state = 'up';
    this.#world.observe({ type: 'node-up', node: this.node });
    const { signal } = this.#incarnation;
    const { random, reply, send, observe, createProtocol, createMachine, quorumReads, deskRules, isGenuine } =
      this.#world;
    const ports = {
      clock: this.#nodeClock(signal),
      random,
      transport: { send },
      storage: this.#storage(signal),
      snapshots: this.#snapshots(signal),
      clients: { reply },
      tracer: (fact: ReplicaFact) => {
        observe(labFact(fact, this.node));
        if (fact.type === 'stopped') this.#die();
      },
    };
    this.#protocol = createProtocol();
    this.#protocol.behave?.(this.#behaviour);
    const signing = isGenuine && { isGenuine };
    const options = { id: this.node, signal, quorumReads, ...(deskRules && { deskRules }), ...signing };
    this.#replica = new Replica(this.#protocol, createMachine(), ports, options);
    this.#replica.start(this.#disk.durable);
  }

  kill(): void {
    if (this.#state !== 'down') this.#die();
  }

  pause(): void {
    if (this.#state !== 'up') return;
    this.#state = 'paused';
    this.#world.observe({ type: 'node-paused', node: this.node });
  }

  /** Goes on: a process that was stopped finds its timers due first, then reads its sockets. */
  resume(): void {
    if (this.#state !== 'paused') return;
    this.#state = 'up';
    this.#world.observe({ type: 'node-resumed', node: this.node });
    const missed = [...this.#dueTimers, ...this.#buffered];
    this.#dueTimers = [];
    this.#buffered = [];
    const { signal } = this.#incarnation;
    for (const run of missed) {
      this.#world.clock.after(0, () => {
        // It may have been paused again meanwhile.
        if (!signal.aborted) this.#deliver(run);
      });
    }
  }

  receive(from: NodeId, msg: unknown): void {
    this.#deliver(() => this.#replica?.receive(from, msg));
  }

  /** The stream of messages of another replica broke off. */
  suspect(node: NodeId): void {
    this.#deliver(() => this.#replica?.suspect(node));
  }

  request(client: ClientId, request: ClientRequest): void {
    this.#deliver(() => this.#replica?.request(client, request));
  }

  /** Rejects with the reason where it is not done, or the process ends before. */
  order(order: Order): Promise<void> {
    return new Promise((resolve, reject) => {
      const { signal } = this.#incarnation;
      const end = () => reject(new Error(`${this.node} does not run`));
      if (this.#state === 'down') {
        end();
        return;
      }
      signal.addEventListener('abort', end, { once: true });
      this.#deliver(() =>
        this.#replica?.order(order, (error) => {
          signal.removeEventListener('abort', end);
          if (error === undefined) resolve();
          else reject(new Error(error));
        }),
      );
    });
  }

  /** Empties its disk; it must not run. */
  wipe(): void {
    if (this.#state !== 'down') throw new Error(`${this.node} runs, and its disk cannot be wiped`);
    this.#disk.wipe();
    this.#world.observe({ type: 'disk-wiped', node: this.node });
  }

  /** Honestly where absent. */
  behave(named?: NamedBehaviour): void {
    if (named?.name === this.#behaviour?.name) return;
    this.#behaviour = named;
    this.#protocol?.behave?.(named);
    this.#world.observe({ type: 'turned', node: this.node, behaviour: named?.name ?? null });
  }

  slowDisk(delayMs: number): void {
    this.#disk.slowBy(delayMs);
    this.#world.observe({ type: delayMs > 0 ? 'disk-slow' : 'disk-fast', node: this.node });
  }

  status(): NodeStatus {
    const replica = this.#state === 'up' ? this.#replica : undefined;
    return {
      node: this.node,
      state: this.#state,
      view: replica?.view() ?? null,
      appliedIndex: replica?.appliedIndex ?? 0,
    };
  }

  stateHash(): string | null {
    return this.#state === 'up' ? (this.#replica?.stateHash() ?? null) : null;
  }

  /**
   * What it holds now; null while it does not run.
   *
   * @param sizeOf - the bytes of a record on a real disk
   */
  footprint(sizeOf: (record: unknown) => number): Footprint | null {
    if (this.#state === 'down' || this.#replica === undefined) return null;
    const { heldBytes, machine } = this.#replica.memoryUse();
    const log = this.#disk.logUse(sizeOf);
    return {
      type: 'footprint',
      node: this.node,
      logRecords: log.records,
      logBytes: log.bytes,
      snapshotBytes: this.#disk.snapshots.newest?.bytes ?? 0,
      heldBytes,
      stateBytes: machine.bytes,
      keys: machine.keys,
      sessions: machine.sessions,
    };
  }

  #die(): void {
    this.#state = 'down';
    this.#incarnation.abort();
    this.#replica = undefined;
    this.#protocol = undefined;
    this.#dueTimers = [];
    this.#buffered = [];
    this.#disk.crash();
    this.#world.hangUp();
    this.#world.observe({ type: 'node-down', node: this.node });
  }

  #deliver(run: () => void): void {
    if (this.#state === 'up') run();
    else if (this.#state === 'paused') this.#buffered.push(run);
  }

  /** The disk as this incarnation sees it: it works on through a pause, and is heard of when the pause ends. */
  #storage(signal: AbortSignal): Storage<unknown> {
    const disk = this.#disk.open(signal);
    const storage: Storage<unknown> = {
      append: disk.append,
      read: (position, take) => disk.read(position, (record) => this.#deliver(() => take(record))),
      removeBefore: disk.removeBefore,
      onDurable: () => {},
      onFailure: () => {},
    };
    disk.onDurable = (position) => this.#deliver(() => storage.onDurable(position));
    disk.onFailure = (error) => this.#deliver(() => storage.onFailure(error));
    return storage;
  }

  #snapshots(signal: AbortSignal): Snapshots<unknown> {
    const kept = this.#disk.snapshots.open(signal);
    const snapshots: Snapshots<unknown> = {
      save: (index, record, pieces, done) =>
        kept.save(index, record, pieces, (bytes) => this.#deliver(() => done(bytes))),
      receive: kept.receive,
      seal: (index, record, done) => kept.seal(index, record, (bytes) => this.#deliver(() => done(bytes))),
      read: (index, offset, maxBytes, take) =>
        kept.read(index, offset, maxBytes, (bytes, last) => this.#deliver(() => take(bytes, last))),
      removeBefore: kept.removeBefore,
      onFailure: () => {},
    };
    kept.onFailure = (error) => this.#deliver(() => snapshots.onFailure(error));
    return snapshots;
  }

  /** The clock as this incarnation sees it: a timer that runs out in a pause fires when the pause ends. */
  #nodeClock(signal: AbortSignal): Clock {
    const { clock } = this.#world;
    return {
      now: () => clock.now(),
      soon: (run) => clock.soon(run),
      after: (delayMs, run) =>
        clock.after(delayMs, () => {
          if (signal.aborted) return;
          if (this.#state === 'paused') this.#dueTimers.push(run);
          else run();
        }),
    };
  }
}

/** A replica's fact as the lab notes it. The frequent ones are spelled out: copying field by field is much faster. */
function labFact(fact: ReplicaFact, node: NodeId): LabFact {
  switch (fact.type) {
    case 'append': {
      const { type, index, epoch, prevEpoch, hash } = fact;
      return { type, node, index, epoch, prevEpoch, hash };
    }
    case 'apply':
      return { type: fact.type, node, index: fact.index, hash: fact.hash };
    case 'decided':
      return { type: fact.type, node, index: fact.index, path: fact.path };
    default:
      return { ...fact, node };
  }
}
