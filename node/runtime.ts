/**
 * The runtime of one replica: feeds inputs to a protocol and carries out its effects in order, over ports. The same code
 * runs in the simulator and in a container. `docs/decisions/0001-protocol-contract.md` says why it is so.
 */
import { BundleDesk } from './bundle-desk.ts';
import { type ClientDesk, correctDeskRules, type DeskRules, type Propose, type Settle } from './client-desk.ts';
import type { ReplicaConfig } from './contract/config.ts';
import type { Durable } from './contract/durable.ts';
import type { Effect } from './contract/effects.ts';
import type { ClientId, NodeId } from './contract/ids.ts';
import type { Input, Order } from './contract/inputs.ts';
import { invariant } from './contract/invariant.ts';
import type { Protocol } from './contract/protocol.ts';
import type { ProtocolView } from './contract/view.ts';
import { fnv1a } from './hash.ts';
import { HeldReplies } from './held-replies.ts';
import type { Machine, MachineSize } from './machine/machine.ts';
import { MachineSnapshots } from './machine-snapshots.ts';
import { Marks } from './marks.ts';
import type { ClientRequest, Ports } from './ports.ts';
import { Requests } from './requests.ts';
import { Timers } from './timers.ts';

interface Held<M, R> {
  readonly position: number;
  readonly effect: Effect<M, R>;
}

export interface ReplicaOptions {
  readonly id: NodeId;
  /** Ends this incarnation: after it, nothing is stepped, released or sent. */
  readonly signal: AbortSignal;
  /** Whether each apply is reported, with a hash of its batch; true where absent. */
  readonly trace?: boolean;
  /** Present where clients sign: they ask for bundles then (`bundle.ts`), and the protocol is told what is settled. */
  readonly isGenuine?: ReplicaConfig['isGenuine'];
  /** As the protocol is told; false where absent. */
  readonly quorumReads?: boolean;
  /** The rules of the clients' side that a planted bug overrides. */
  readonly deskRules?: Partial<DeskRules>;
}

/** What a replica holds in memory for as long as it runs. */
export interface MemoryUse {
  /** The bytes of payloads that the protocol holds; 0 where it cannot tell. */
  readonly heldBytes: number;
  readonly machine: MachineSize;
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

  readonly #timers: Timers;
  readonly #marks: Marks;
  #appliedIndex = 0;
  readonly #snapshots: MachineSnapshots<R>;
  /** The protocol has yet to begin: the machine first takes over the state of the newest snapshot. */
  #waking = false;
  readonly #desk: ClientDesk;
  readonly #replies: HeldReplies | undefined;
  readonly #unheard = { 'own-name': 0, waking: 0 };
  #lastOrder = 0;
  readonly #orders = new Map<number, (error?: string) => void>();

  constructor(protocol: Protocol<M, R>, machine: Machine, ports: Ports<M, R>, options: ReplicaOptions) {
    this.#protocol = protocol;
    this.#machine = machine;
    this.#ports = ports;
    this.#options = options;
    this.#ended = options.signal.aborted;
    options.signal.addEventListener('abort', () => {
      this.#ended = true;
    });
    const propose: Propose = (id, access, payload) => this.#step({ kind: 'request', id, access, payload });
    // In the midst of effects, or before a request: taken up by `#drain`, after them.
    const settle: Settle = (id) => void this.#inputs.push({ kind: 'settled', id });
    const { clock } = ports;
    const { isGenuine, quorumReads = false } = options;
    const rules = { ...correctDeskRules, ...options.deskRules };
    this.#replies = quorumReads ? new HeldReplies(ports.clients, () => this.#writtenTo) : undefined;
    const clients = this.#replies ?? ports.clients;
    this.#desk =
      isGenuine === undefined
        ? new Requests(machine, clients, clock, propose)
        : new BundleDesk({ machine, clients, clock, isGenuine, quorumReads, rules, propose, settle });
    this.#snapshots = new MachineSnapshots(machine, ports.snapshots, {
      guard: (work) => this.#guard(work),
      step: (input) => this.#step(input),
      onSaved: (index, bytes) => ports.tracer?.({ type: 'snapshot', index, bytes }),
      onRestored: (index, from) => this.#onRestored(index, from),
    });
    this.#marks = new Marks(ports.clock);
    this.#timers = new Timers(ports.clock, ports.random, (timer) => this.#step({ kind: 'timeout', timer }));
    ports.storage.onDurable = (position) => this.#release(position);
    ports.storage.onFailure = (error) => this.#stop(`its disk failed: ${error.message}`);
    ports.snapshots.onFailure = (error) => this.#stop(`a snapshot failed: ${error.message}`);
  }

  /** Begins from what survived; where that is a snapshot, once it was read. */
  start(durable: Durable<R>): void {
    this.#durableTo = durable.firstPosition - 1 + durable.records.length;
    this.#writtenTo = this.#durableTo;
    this.#replies?.release(this.#durableTo);
    if (durable.snapshot === undefined) this.#begin(durable);
    else {
      this.#waking = true;
      this.#snapshots.restore(durable.snapshot.index, 'disk', () => this.#begin(durable));
    }
  }

  #begin(durable: Durable<R>): void {
    this.#waking = false;
    this.#guard(() => this.#carryOut(this.#protocol.start(durable)));
    this.#drain();
  }

  /** Takes a message of another replica. What it sends itself never comes by the network: nobody may speak in its name. */
  receive(from: NodeId, msg: M): void {
    if (from === this.#options.id) {
      this.#unheard['own-name'] += 1;
      return;
    }
    if (this.#waking) this.#unheard.waking += 1;
    this.#step({ kind: 'message', from, msg });
  }

  /** The stream of another replica's messages broke off. */
  suspect(node: NodeId): void {
    this.#step({ kind: 'suspected', node });
  }

  /** Takes the request of a client. Requests that arrive in the same turn become one batch. */
  request(client: ClientId, request: ClientRequest): void {
    if (!this.#alive()) return;
    if (this.#waking) this.#ports.clients.reply(client, { id: request.id, status: 'rejected' });
    else this.#desk.take(client, request);
  }

  /** Takes what an operator wants; `done` gets the reason where it is not done. Never called once this replica has ended. */
  order(order: Order, done: (error?: string) => void): void {
    if (!this.#alive() || this.#waking) {
      done('This replica does not take part yet.');
      return;
    }
    this.#lastOrder += 1;
    this.#orders.set(this.#lastOrder, done);
    this.#step({ kind: 'order', id: this.#lastOrder, order });
  }

  view(): ProtocolView {
    return this.#protocol.view();
  }

  /**
   * How many messages of others came to nothing, by why: those of the protocol's own reasons, those in this replica's own name
   * (`own-name`), and those that came before the protocol began (`waking`).
   */
  refused(): Readonly<Record<string, number>> {
    return { ...this.#protocol.refused?.(), ...this.#unheard };
  }

  get appliedIndex(): number {
    return this.#appliedIndex;
  }

  /** Walks through the whole state of the machine: for a sample now and then. */
  memoryUse(): MemoryUse {
    return { heldBytes: this.#protocol.heldBytes?.() ?? 0, machine: this.#machine.size() };
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
    if (!this.#alive() || this.#waking) return;
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
    this.#timers.cancelAll();
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
    // They say nothing to anyone. Else a follower's slow disk would let the time run out in which it denies votes, and a
    // leader's would keep back its heartbeats.
    if (effect.kind === 'timer' || effect.kind === 'cancel') return true;
    // Else a replica that writes all the time would read once a sync, and write more in between.
    if (effect.kind === 'recall') return effect.position <= this.#durableTo;
    return 'eager' in effect && effect.eager === true;
  }

  #release(position: number): void {
    if (!this.#alive()) return;
    this.#durableTo = position;
    this.#replies?.release(position);
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
        this.#timers.set(effect.timer, effect.afterMs);
        return;
      case 'cancel':
        this.#timers.cancel(effect.timer);
        return;
      case 'apply':
        this.#apply(effect.index, effect.payload, effect.learned === true);
        return;
      case 'read':
        if (effect.within !== undefined && !this.#marks.isWithin(effect.within))
          this.#step({ kind: 'lapsed', id: effect.id });
        else this.#desk.read(effect.id, effect.index, this.#appliedIndex);
        return;
      case 'mark':
        this.#marks.set(effect.mark);
        return;
      case 'reject':
        this.#desk.reject(effect.id, effect.leader);
        return;
      case 'recall':
        this.#recall(effect.position);
        return;
      case 'snapshot':
        invariant(effect.index === this.#appliedIndex, `${effect.index} is to be saved, and is not what is applied`);
        this.#snapshots.perform(effect);
        return;
      case 'load':
      case 'receive':
      case 'install':
        this.#snapshots.perform(effect);
        return;
      case 'ordered':
        this.#orders.get(effect.id)?.(effect.error);
        this.#orders.delete(effect.id);
        return;
      case 'compact':
        this.#ports.storage.removeBefore(effect.position);
        this.#snapshots.removeBefore(effect.index);
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

  #onRestored(index: number, from: 'disk' | 'replica'): void {
    this.#appliedIndex = index;
    this.#ports.tracer?.({ type: 'restore', index, from });
    this.#desk.onRestored(index);
  }

  #apply(index: number, payload: Uint8Array, learned: boolean): void {
    invariant(!this.#snapshots.restoring, `index ${index} was decided while a snapshot is being installed`);
    invariant(index === this.#appliedIndex + 1, `index ${index} was decided after ${this.#appliedIndex}`);
    this.#appliedIndex = index;
    if (this.#options.trace !== false) this.#ports.tracer?.({ type: 'apply', index, hash: fnv1a(payload) });
    this.#desk.apply(index, payload, learned);
  }
}
