/**
 * A group of replicas on a stage where chance directs: messages are lost, repeated, late or overtaken, disks are slow,
 * replicas lose their power. Timers may run out at any time: safety must not depend on timing. Everything follows from
 * the seed. Whatever is applied is compared with what was applied at that index before, on any replica, in any life.
 */
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { ReplicaConfig } from '../contract/config.ts';
import type { ProtocolDefinition } from '../contract/definition.ts';
import type { NodeId } from '../contract/ids.ts';
import type { Protocol } from '../contract/protocol.ts';
import { keyedHashCrypto } from '../crypto/keyed-hash.ts';
import { Actor, type Happening } from './actor.ts';
import { ActorMachine } from './actor-machine.ts';
import { KeptRequests } from './kept-requests.ts';

/** A protocol of which only the contract is known. */
export type AnyProtocol = ProtocolDefinition<unknown, unknown>;

interface Letter {
  readonly from: NodeId;
  readonly to: NodeId;
  readonly msg: unknown;
}

/** How many messages that were delivered are kept, to be delivered once more at some later time. */
const keptLetters = 200;

/** What is put around each replica, to see or to change what it says. */
export type Wrap = (honest: Protocol<unknown, unknown>, config: ReplicaConfig) => Protocol<unknown, unknown>;

const honestly: Wrap = (honest) => honest;

/** What is different from a group of honest replicas, as many as the protocol has where nothing else is said. */
export interface PlayOptions {
  readonly nodes?: number;
  /** Who may do as he likes: what these apply is compared with nothing, and nobody waits for them. */
  readonly untrusted?: ReadonlySet<NodeId>;
}

type Weather = 'timers' | 'crashes' | 'powerCuts' | 'syncs' | 'orders' | 'suspicions' | 'overtaking' | 'loss';

export class RandomPlay {
  readonly #definition: AnyProtocol;
  readonly #generator: ReturnType<typeof xoroshiro128plus>;
  readonly #actors: Actor<unknown, unknown>[];
  /** When each timer that is set runs out in a calm network. */
  readonly #dueMs = new Map<
    string,
    { readonly actor: Actor<unknown, unknown>; readonly timer: string; atMs: number }
  >();
  /** How often things go wrong; drawn once, so that some plays are hit hard by one kind. Parts of 1000, or of 100. */
  readonly #weather: Readonly<Record<Weather, number>>;
  #letters: Letter[] = [];
  readonly #old: Letter[] = [];
  #nowMs = 0;
  #lastRequest = 0;
  /** What was applied at each index, by whoever came there first. */
  readonly #decided: Uint8Array[] = [];
  /** Present where the protocol is told what is settled. */
  readonly #kept: KeptRequests | undefined;
  readonly #untrusted: ReadonlySet<NodeId>;

  constructor(definition: AnyProtocol, seed: number, wrap: Wrap = honestly, { nodes, untrusted }: PlayOptions = {}) {
    this.#definition = definition;
    this.#untrusted = untrusted ?? new Set();
    if (definition.signs) this.#kept = new KeptRequests();
    this.#generator = xoroshiro128plus(seed);
    for (let i = 0; i < 8; i += 1) this.#generator.next();
    this.#weather = {
      timers: this.#pick([10, 30, 80]),
      crashes: this.#pick([1, 5, 20]),
      powerCuts: this.#pick([0, 0, 3]),
      syncs: this.#pick([20, 250]),
      orders: this.#pick([0, 2, 10]),
      suspicions: this.#pick([0, 5, 20]),
      overtaking: this.#pick([0, 10, 50]),
      loss: this.#pick([0, 5, 20]),
    };
    const count = nodes ?? definition.defaultNodeCount;
    const members = Array.from({ length: count }, (_, offset) => `n${offset + 1}`);
    const settings = { electionTimeoutMs: [150, 300], heartbeatIntervalMs: 50, maxEntriesPerMessage: 4 } as const;
    // Next to nothing of a log stays in memory, and not much on the disk: what a replica lacks is read from the disks of
    // others, or is their snapshot, in many pieces.
    const limits = { logCacheBytes: 8, maxUncommittedBytes: 1000, snapshotChunkBytes: 6 };
    const snapshotAfterBytes = this.#pick([60, 60, 400]);
    this.#actors = members.map((id) => {
      const signing = definition.signs && { crypto: keyedHashCrypto(seed, id, members), isGenuine: () => true };
      const config: ReplicaConfig = {
        id,
        members,
        trace: true,
        snapshotAfterBytes,
        ...limits,
        ...settings,
        ...signing,
      };
      const actor: Actor<unknown, unknown> = new Actor(id, {
        createProtocol: () => wrap(definition.create(config), config),
        onHappening: (happening) => this.#onHappening(actor, happening),
      });
      actor.syncsAtOnce = false;
      actor.errandsAtOnce = false;
      return actor;
    });
    for (const actor of this.#actors) actor.start();
  }

  /** Lets so many random things happen. */
  storm(eventCount: number): void {
    for (let event = 0; event < eventCount; event += 1) this.#disturb();
  }

  /**
   * Everybody is up, nothing is lost, and timers run out in the order of their times, when nothing else is left to do.
   * Goes on until a new write is applied everywhere, or so many timers have run out; returns how many have.
   */
  calm(maxTimers: number): number {
    for (const actor of this.#actors) actor.start();
    const payload = `calm ${this.#lastRequest}`;
    for (let timers = 0; timers < maxTimers; timers += 1) {
      this.#settle();
      const index = this.#decided.findIndex((decided) => decided !== undefined && textOf(decided) === payload);
      if (index > 0 && this.#trusted.every(({ appliedIndex }) => appliedIndex >= index)) return timers;
      if (timers % 10 === 0) {
        this.#orderAllBack();
        this.#write(payload);
      }
      const next = [...this.#dueMs.values()].sort((a, b) => a.atMs - b.atMs)[0];
      if (next === undefined) return maxTimers;
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      this.#fire(next.actor, next.timer);
    }
    return maxTimers;
  }

  get #trusted(): Actor<unknown, unknown>[] {
    return this.#actors.filter(({ id }) => !this.#untrusted.has(id));
  }

  #integer(max: number): number {
    return (this.#generator.next() >>> 0) % (max + 1);
  }

  #pick<T>(items: readonly T[]): T {
    return items[this.#integer(items.length - 1)] as T;
  }

  #disturb(): void {
    const actor = this.#pick(this.#actors);
    if (actor.errandsUnderWay > 0 && this.#integer(1) === 0) actor.finishErrand();
    const { timers, crashes, powerCuts, syncs, orders, suspicions } = this.#weather;
    const dice = this.#integer(999);
    if (dice < timers) this.#fireAny(actor);
    else if (dice < timers + crashes) this.#crash(actor);
    else if (dice < 150) this.#request(actor, dice < 140 ? 'write' : 'read', `${this.#lastRequest}`);
    else if (dice < 170) this.#repeatOld();
    else if (dice < 170 + orders) this.#order(actor);
    else if (dice >= 1000 - suspicions) actor.step({ kind: 'suspected', node: this.#pick(this.#actors).id });
    else if (dice < 205) actor.start(this.#integer(3));
    else if (dice < 205 + powerCuts) for (const each of this.#actors) this.#powerOff(each);
    else if (dice < 210 + syncs) actor.sync();
    else this.#deliver();
  }

  /** Some message arrives, mostly one of the oldest; or it is lost, or it will arrive once more. */
  #deliver(): void {
    if (this.#letters.length === 0) return;
    const { overtaking, loss } = this.#weather;
    const at = this.#integer(99) < overtaking ? this.#integer(this.#letters.length - 1) : 0;
    const letter = this.#letters[at] as Letter;
    const fate = this.#integer(99);
    if (fate < 97) this.#letters.splice(at, 1);
    if (fate >= loss) this.#handOver(letter);
  }

  #handOver(letter: Letter): void {
    const to = this.#actors.find(({ id }) => id === letter.to);
    to?.step({ kind: 'message', from: letter.from, msg: letter.msg });
    if (this.#old.length < keptLetters) this.#old.push(letter);
    else this.#old[this.#integer(keptLetters - 1)] = letter;
  }

  #repeatOld(): void {
    if (this.#old.length > 0) this.#handOver(this.#pick(this.#old));
  }

  #fireAny(actor: Actor<unknown, unknown>): void {
    const timers = [...actor.timers.keys()];
    if (timers.length > 0) this.#fire(actor, this.#pick(timers));
  }

  #fire(actor: Actor<unknown, unknown>, timer: string): void {
    this.#dueMs.delete(`${actor.id} ${timer}`);
    actor.fire(timer);
  }

  /** At most as many are down as the protocol tolerates: the others are to get something done. */
  #crash(actor: Actor<unknown, unknown>): void {
    const down = this.#actors.filter(({ up }) => !up).length;
    if (!actor.up || down >= this.#definition.tolerated(this.#actors.length)) return;
    this.#powerOff(actor);
  }

  /** Of what was not durable some first part may happen to have reached the disk. */
  #powerOff(actor: Actor<unknown, unknown>): void {
    actor.crash(this.#integer(actor.unsyncedCount));
    this.#kept?.forget(actor.id);
    for (const timer of [...this.#dueMs.keys()]) if (timer.startsWith(`${actor.id} `)) this.#dueMs.delete(timer);
  }

  #request(actor: Actor<unknown, unknown>, access: 'write' | 'read', text: string): void {
    this.#lastRequest += 1;
    const id = this.#lastRequest;
    if (access === 'write' && actor.up && this.#kept?.ask(actor.id, id, text) === false) return;
    actor.step({ kind: 'request', id, access, payload: new TextEncoder().encode(text) });
  }

  #write(text: string): void {
    for (const actor of this.#actors) this.#request(actor, 'write', text);
  }

  /** The operator wants another leader, or other members: any, but for one voter at least. */
  #order(actor: Actor<unknown, unknown>): void {
    this.#lastRequest += 1;
    const [first, ...others] = this.#shuffled();
    if (this.#integer(3) === 0)
      actor.step({ kind: 'order', id: this.#lastRequest, order: { kind: 'transfer', to: first } });
    else {
      const voters = [first, ...others.filter(() => this.#integer(1) === 0)];
      const learners = others.filter((id) => !voters.includes(id) && this.#integer(2) === 0);
      actor.step({ kind: 'order', id: this.#lastRequest, order: { kind: 'reconfigure', voters, learners } });
    }
  }

  /** All are to vote again, whoever leads. */
  #orderAllBack(): void {
    const voters = this.#actors.map(({ id }) => id);
    for (const actor of this.#actors) {
      this.#lastRequest += 1;
      actor.step({ kind: 'order', id: this.#lastRequest, order: { kind: 'reconfigure', voters, learners: [] } });
    }
  }

  #shuffled(): [NodeId, ...NodeId[]] {
    const left = this.#actors.map(({ id }) => id);
    const shuffled: NodeId[] = [];
    while (left.length > 0) shuffled.push(...left.splice(this.#integer(left.length - 1), 1));
    return shuffled as [NodeId, ...NodeId[]];
  }

  /** Delivers and syncs until nothing is left to do; gives up (and leaves it to the timers) where that takes too long. */
  #settle(): void {
    for (let turns = 0; turns < 20_000; turns += 1) {
      const letter = this.#letters.shift();
      if (letter !== undefined) this.#handOver(letter);
      const slow = this.#actors.find(({ unsyncedCount, errandsUnderWay }) => unsyncedCount + errandsUnderWay > 0);
      if (letter === undefined && slow === undefined) return;
      slow?.sync();
      slow?.finishErrand();
    }
  }

  #onHappening(actor: Actor<unknown, unknown>, happening: Happening<unknown, unknown>): void {
    if (happening.kind === 'restored') this.#onRestored(actor, textOf(happening.state));
    if (happening.kind !== 'performed') return;
    const { effect } = happening;
    if (effect.kind === 'send' && effect.to !== actor.id) {
      this.#letters.push({ from: actor.id, to: effect.to, msg: effect.msg });
    } else if (effect.kind === 'timer') {
      const [min, max] = effect.afterMs;
      const atMs = this.#nowMs + min + this.#integer(Math.ceil(max - min));
      this.#dueMs.set(`${actor.id} ${effect.timer}`, { actor, timer: effect.timer, atMs });
    } else if (effect.kind === 'cancel') {
      this.#dueMs.delete(`${actor.id} ${effect.timer}`);
    } else if (effect.kind === 'apply') {
      this.#onApply(actor, effect.index, effect.payload);
    } else if (effect.kind === 'reject') {
      this.#kept?.reject(actor.id, effect.id);
    }
  }

  #onApply(actor: Actor<unknown, unknown>, index: number, payload: Uint8Array): void {
    if (this.#untrusted.has(actor.id)) {
      this.#settleWith(actor, payload);
      return;
    }
    const before = this.#decided[index];
    if (before !== undefined && textOf(before) !== textOf(payload)) {
      const what = `${actor.id} applied "${textOf(payload)}" at ${index}`;
      throw new Error(`${what}, where "${textOf(before)}" had been applied before`);
    }
    this.#decided[index] = payload;
    this.#settleWith(actor, payload);
  }

  #settleWith(actor: Actor<unknown, unknown>, payload: Uint8Array): void {
    const id = this.#kept?.settle(actor.id, textOf(payload));
    if (id !== undefined) actor.stepLater({ kind: 'settled', id });
  }

  /** A snapshot must hold what all that was decided up to its index leads to. */
  #onRestored(actor: Actor<unknown, unknown>, state: string): void {
    const machine = new ActorMachine();
    while (machine.appliedIndex < actor.appliedIndex) {
      const next = machine.appliedIndex + 1;
      const payload = this.#decided[next] ?? new Uint8Array(0);
      machine.apply(next, payload);
      this.#settleWith(actor, payload);
    }
    const expected = textOf(machine.snapshot());
    if (state !== expected && !this.#untrusted.has(actor.id))
      throw new Error(`${actor.id} took over "${state}", and what was decided is "${expected}"`);
  }
}

const textOf = (bytes: Uint8Array): string => new TextDecoder('latin1').decode(bytes);
