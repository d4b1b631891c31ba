/**
 * The runtime of one replica: feeds inputs to a protocol and carries out its effects in order, over ports. The same code
 * runs in the simulator and in a container. `docs/decisions/0001-protocol-contract.md` says why it is so.
 */
import { fnv1a } from './hash.ts';
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
import { Requests } from './requests.ts';

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
  /** Whether each apply is reported, with a hash of its batch; true where absent. */
  readonly trace?: boolean;
}

/** One incarnation of a replica, from its start to its crash. */
export class Replica<M, R> {
  readonly #protocol: Protocol<M, R>;
  readonly #machine: Machine;
  readonly #ports: Ports<M, R>;
  readonly #options: ReplicaOptions;

  readonly #inputs: Input<M, R>[] = [];
  #stepping = false;
  #stopped = false;
  /** The signal was aborted. Asked several times a step, and the signal's own getter is slow. */
  #ended: boolean;

  #writtenTo = 0;
  #durableTo = 0;
  readonly #held: Held<M, R>[] = [];

  readonly #timers = new Map<string, Timer>();
  #appliedIndex = 0;
  readonly #requests: Requests;

  constructor(protocol: Protocol<M, R>, machine: Machine, ports: Ports<M, R>, options: ReplicaOptions) {
    this.#protocol = protocol;
    this.#machine = machine;
    this.#ports = ports;
    this.#options = options;
    this.#ended = options.signal.aborted;
    options.signal.addEventListener('abort', () => {
      this.#ended = true;
    });
    this.#requests = new Requests(machine, ports.clients, ports.clock, (id, access, payload) => {
      this.#step({ kind: 'request', id, access, payload });
    });
    ports.storage.onDurable = (position) => this.#release(position);
    ports.storage.onFailure = (error) => this.#stop(`its disk failed: ${error.message}`);
  }

  /** Begins from the records that survived. */
  start(durable: readonly R[]): void {
    this.#writtenTo = durable.length;
    this.#durableTo = durable.length;
    this.#guard(() => this.#carryOut(this.#protocol.start(durable)));
    this.#drain();
  }

  /** Takes a message of another replica. */
  receive(from: NodeId, msg: M): void {
    this.#step({ kind: 'message', from, msg });
  }

  /** Takes the request of a client. Requests that arrive in the same turn become one batch. */
  request(client: ClientId, request: ClientRequest): void {
    if (this.#alive()) this.#requests.take(client, request);
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
    return !this.#stopped && !this.#ended;
  }

  #step(input: Input<M, R>): void {
    if (!this.#alive()) return;
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
      if (!this.#alive()) return;
      if (effect.kind === 'persist') {
        this.#writtenTo = this.#ports.storage.append(effect.record);
      } else if (this.#isFree(effect)) {
        this.#perform(effect);
      } else {
        this.#held.push({ position: this.#writtenTo, effect });
      }
    }
  }

  #isFree(effect: Effect<M, R>): boolean {
    if (this.#durableTo >= this.#writtenTo) return true;
    // Else a replica that writes all the time would read once a sync, and write more in between.
    if (effect.kind === 'recall') return effect.position <= this.#durableTo;
    return 'eager' in effect && effect.eager === true;
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
        this.#requests.read(effect.id, effect.index, this.#appliedIndex);
        return;
      case 'reject':
        this.#requests.reject(effect.id, effect.leader);
        return;
      case 'recall':
        this.#recall(effect.position);
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

  #recall(position: number): void {
    this.#ports.storage.read(position, (record) => this.#step({ kind: 'recalled', position, record }));
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

  #apply(index: number, payload: Uint8Array): void {
    invariant(index === this.#appliedIndex + 1, `index ${index} was decided after ${this.#appliedIndex}`);
    this.#appliedIndex = index;
    if (this.#options.trace !== false) this.#ports.tracer?.({ type: 'apply', index, hash: fnv1a(payload) });
    this.#machine.apply(payload, this.#requests.onResult);
    this.#requests.serveReads(index);
  }
}
