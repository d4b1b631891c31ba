/**
 * The runtime of one replica: feeds inputs to a protocol and carries out its effects in order, over ports. The same code
 * runs in the simulator and in a container. `docs/decisions/0001-protocol-contract.md` says why it is so.
 */
import { fnv1a } from './hash.ts';
import { encodeBatch, peekCommand } from './machine/command.ts';
import type { Machine } from './machine/machine.ts';
import type { Cancel, ClientRequest, Ports } from './ports.ts';
import {
  type ClientId,
  type Effect,
  type Input,
  invariant,
  type NodeId,
  type Protocol,
  type ProtocolView,
} from './protocol.ts';

/** The most commands that become one batch. */
const maxBatchCommands = 4096;
/** The most bytes of commands that become one batch. */
const maxBatchBytes = 4 << 20;
/** How many batches may be on their way; the oldest is forgotten past that (its clients time out and try again). */
const maxBatchesUnderWay = 4096;
/** How many clients may wait; more are turned away. */
const maxWaiting = 200_000;

interface Waiter {
  readonly client: ClientId;
  readonly request: ClientRequest;
}

interface SessionWaiter extends Waiter {
  readonly sequence: number;
}

interface PendingRead {
  readonly index: number;
  readonly waiters: readonly Waiter[];
}

interface Held<M, R> {
  readonly position: number;
  readonly effect: Effect<M, R>;
}

interface Timer {
  dueMs: number;
  wakeMs: number;
  cancel: Cancel;
}

export interface ReplicaOptions {
  readonly id: NodeId;
  /** Ends this incarnation: after it, nothing is stepped, released or sent. */
  readonly signal: AbortSignal;
}

/** One incarnation of a replica, from its start to its crash. */
export class Replica<M, R> {
  readonly #protocol: Protocol<M, R>;
  readonly #machine: Machine;
  readonly #ports: Ports<M, R>;
  readonly #options: ReplicaOptions;

  readonly #inputs: Input<M>[] = [];
  #stepping = false;
  #stopped = false;

  #writtenTo = 0;
  #durableTo = 0;
  readonly #held: Held<M, R>[] = [];

  readonly #timers = new Map<string, Timer>();
  #appliedIndex = 0;

  #gathered: Record<'write' | 'read', Waiter[]> = { write: [], read: [] };
  #gatheredBytes = 0;
  #flushing = false;
  #lastBatch = 0;
  readonly #batches = new Map<number, Waiter[]>();
  /** Who waits for the result of a session's command; a registering client waits under its negated number. */
  readonly #waiting = new Map<number, SessionWaiter>();
  #reads: PendingRead[] = [];

  constructor(protocol: Protocol<M, R>, machine: Machine, ports: Ports<M, R>, options: ReplicaOptions) {
    this.#protocol = protocol;
    this.#machine = machine;
    this.#ports = ports;
    this.#options = options;
    ports.storage.onDurable = (position) => this.#release(position);
    ports.storage.onFailure = (error) => this.#stop(`its disk failed: ${error.message}`);
  }

  /** Begins from the records that survived. */
  start(durable: readonly R[]): void {
    this.#guard(() => this.#carryOut(this.#protocol.start(durable)));
    this.#drain();
  }

  /** Takes a message of another replica. */
  receive(from: NodeId, msg: M): void {
    this.#step({ kind: 'message', from, msg });
  }

  /** Takes the request of a client. Requests that arrive in the same turn become one batch. */
  request(client: ClientId, request: ClientRequest): void {
    if (!this.#alive()) return;
    const head = peekCommand(request.command);
    if (head === null || this.#waiting.size >= maxWaiting) {
      this.#ports.clients.reply(client, { id: request.id, status: 'rejected' });
      return;
    }
    const known = request.access === 'write' ? this.#machine.recall(head.session, head.sequence) : null;
    if (known !== null) {
      this.#ports.clients.reply(client, { id: request.id, status: 'ok', result: known });
      return;
    }
    this.#gathered[request.access].push({ client, request });
    this.#gatheredBytes += request.command.length;
    const count = this.#gathered.write.length + this.#gathered.read.length;
    if (count >= maxBatchCommands || this.#gatheredBytes >= maxBatchBytes) this.#flush();
    else if (!this.#flushing) {
      this.#flushing = true;
      this.#ports.clock.soon(() => this.#flush());
    }
  }

  view(): ProtocolView {
    return this.#protocol.view();
  }

  get appliedIndex(): number {
    return this.#appliedIndex;
  }

  get stopped(): boolean {
    return this.#stopped;
  }

  stateHash(): string {
    return this.#machine.digest();
  }

  #alive(): boolean {
    return !this.#stopped && !this.#options.signal.aborted;
  }

  #flush(): void {
    this.#flushing = false;
    if (!this.#alive()) return;
    const gathered = this.#gathered;
    this.#gathered = { write: [], read: [] };
    this.#gatheredBytes = 0;
    for (const access of ['write', 'read'] as const) {
      const waiters = gathered[access];
      if (waiters.length === 0) continue;
      this.#lastBatch += 1;
      this.#batches.set(this.#lastBatch, waiters);
      if (access === 'write') this.#awaitResults(waiters);
      this.#forgetOldBatches();
      const payload = encodeBatch(waiters.map((waiter) => waiter.request.command));
      this.#step({ kind: 'request', id: this.#lastBatch, access, payload });
    }
  }

  #awaitResults(waiters: readonly Waiter[]): void {
    for (const waiter of waiters) {
      const head = peekCommand(waiter.request.command);
      if (head === null) continue;
      const key = head.op === 'register' ? -head.session : head.session;
      this.#waiting.set(key, { ...waiter, sequence: head.op === 'register' ? 0 : head.sequence });
    }
  }

  #forgetOldBatches(): void {
    while (this.#batches.size > maxBatchesUnderWay) {
      const oldest = this.#batches.keys().next();
      if (oldest.done) return;
      this.#batches.delete(oldest.value);
    }
  }

  // ------------------------------------------------------------------------------------------------ stepping

  #step(input: Input<M>): void {
    this.#inputs.push(input);
    this.#drain();
  }

  #drain(): void {
    if (this.#stepping) return;
    this.#stepping = true;
    this.#guard(() => {
      for (let next = this.#inputs.shift(); next !== undefined; next = this.#inputs.shift()) {
        if (!this.#alive()) return;
        this.#carryOut(this.#protocol.step(next));
      }
    });
    this.#stepping = false;
  }

  #guard(work: () => void): void {
    if (!this.#alive()) return;
    try {
      work();
    } catch (error) {
      this.#stop(error instanceof Error ? error.message : String(error));
    }
  }

  #stop(reason: string): void {
    if (!this.#alive()) return;
    this.#stopped = true;
    for (const timer of this.#timers.values()) timer.cancel();
    this.#ports.tracer?.({ type: 'stopped', reason });
  }

  /** Carries out effects in order; those behind a record that is not durable yet are held. */
  #carryOut(effects: readonly Effect<M, R>[]): void {
    for (const effect of effects) {
      if (effect.kind === 'persist') {
        this.#writtenTo = this.#ports.storage.append(effect.record);
      } else if (this.#durableTo >= this.#writtenTo || ('eager' in effect && effect.eager === true)) {
        this.#perform(effect);
      } else {
        this.#held.push({ position: this.#writtenTo, effect });
      }
    }
  }

  #release(position: number): void {
    if (!this.#alive()) return;
    this.#durableTo = position;
    this.#guard(() => {
      let count = 0;
      for (const { position: needed, effect } of this.#held) {
        if (needed > position) break;
        count += 1;
        this.#perform(effect);
      }
      this.#held.splice(0, count);
    });
    this.#drain();
  }

  #perform(effect: Effect<M, R>): void {
    switch (effect.kind) {
      case 'send':
        // To itself: taken up by `#drain`, after the present step.
        if (effect.to === this.#options.id) this.#inputs.push({ kind: 'message', from: effect.to, msg: effect.msg });
        else this.#ports.transport.send(effect.to, effect.msg);
        return;
      case 'timer':
        this.#setTimer(effect.timer, this.#ports.random.between(effect.afterMs[0], effect.afterMs[1]));
        return;
      case 'cancel':
        this.#timers.get(effect.timer)?.cancel();
        this.#timers.delete(effect.timer);
        return;
      case 'apply':
        this.#apply(effect.index, effect.payload);
        return;
      case 'read':
        this.#read(effect.id, effect.index);
        return;
      case 'reject':
        this.#reject(effect.id, effect.leader);
        return;
      case 'note':
        this.#ports.tracer?.(effect.fact);
        return;
      case 'ask':
        invariant(false, `no service "${effect.service}" is attached to this replica`);
        return;
      case 'persist':
        return;
    }
  }

  /** A timer that is set again and again (an election time-out) costs one wake-up, not one a setting. */
  #setTimer(name: string, delayMs: number): void {
    const dueMs = this.#ports.clock.now() + delayMs;
    const timer = this.#timers.get(name);
    if (timer !== undefined && timer.wakeMs <= dueMs) {
      timer.dueMs = dueMs;
      return;
    }
    timer?.cancel();
    this.#arm(name, dueMs, delayMs);
  }

  #arm(name: string, dueMs: number, delayMs: number): void {
    const cancel = this.#ports.clock.after(delayMs, () => this.#wake(name));
    this.#timers.set(name, { dueMs, wakeMs: dueMs, cancel });
  }

  #wake(name: string): void {
    const timer = this.#timers.get(name);
    if (timer === undefined || !this.#alive()) return;
    const left = timer.dueMs - this.#ports.clock.now();
    if (left > 0.001) {
      this.#arm(name, timer.dueMs, left);
      return;
    }
    this.#timers.delete(name);
    this.#step({ kind: 'timeout', timer: name });
  }

  // ------------------------------------------------------------------------------------------------ the machine

  #apply(index: number, payload: Uint8Array): void {
    invariant(index === this.#appliedIndex + 1, `index ${index} was decided after ${this.#appliedIndex}`);
    this.#appliedIndex = index;
    this.#ports.tracer?.({ type: 'apply', index, hash: fnv1a(payload) });
    this.#machine.apply(payload, (registers, session, sequence, result) => {
      const key = registers ? -session : session;
      const waiter = this.#waiting.get(key);
      if (waiter === undefined || waiter.sequence !== sequence) return;
      this.#waiting.delete(key);
      this.#ports.clients.reply(waiter.client, { id: waiter.request.id, status: 'ok', result });
    });
    if (this.#reads.length > 0) this.#serveReads();
  }

  #read(id: number, index: number): void {
    const waiters = this.#batches.get(id);
    if (waiters === undefined) return;
    this.#batches.delete(id);
    this.#reads.push({ index, waiters });
    this.#serveReads();
  }

  #serveReads(): void {
    const later: PendingRead[] = [];
    for (const read of this.#reads) {
      if (read.index > this.#appliedIndex) {
        later.push(read);
        continue;
      }
      for (const { client, request } of read.waiters) {
        const result = this.#machine.query(request.command);
        this.#ports.clients.reply(client, { id: request.id, status: 'ok', result });
      }
    }
    this.#reads = later;
  }

  #reject(id: number, leader: NodeId | undefined): void {
    const waiters = this.#batches.get(id);
    if (waiters === undefined) return;
    this.#batches.delete(id);
    for (const { client, request } of waiters) {
      const head = peekCommand(request.command);
      if (request.access === 'write' && head !== null) {
        this.#waiting.delete(head.op === 'register' ? -head.session : head.session);
      }
      const reply = { id: request.id, status: 'rejected' } as const;
      this.#ports.clients.reply(client, leader === undefined ? reply : { ...reply, leader });
    }
  }
}
