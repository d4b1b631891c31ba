/**
 * A replica on a stage: carries out effects as the runtime does (a persist is a barrier; a message to itself comes back
 * as an input), but over a disk, timers and a mailbox that the director works by hand. For scenarios and conformance.
 */
import type { Effect, Input, NodeId, Protocol, ProtocolView } from '../protocol.ts';

/** What became of a replica's wishes, in the order in which it came about. */
export type Happening<M, R> =
  | { readonly kind: 'written'; readonly record: R; readonly durable: boolean }
  /** A sync made the records up to here durable. */
  | { readonly kind: 'synced'; readonly count: number }
  | { readonly kind: 'performed'; readonly effect: Exclude<Effect<M, R>, { kind: 'persist' }> };

export interface Stage<M, R> {
  readonly createProtocol: () => Protocol<M, R>;
  readonly onHappening: (happening: Happening<M, R>) => void;
  /** Sees every input before it is stepped, and every list of effects before any is carried out. */
  readonly onInput?: (input: Input<M, R>) => void;
  readonly onEffects?: (effects: readonly Effect<M, R>[]) => void;
}

type Performed<M, R> = Extract<Happening<M, R>, { kind: 'performed' }>['effect'];

interface Held<M, R> {
  readonly position: number;
  readonly effect: Performed<M, R>;
}

export class Actor<M, R> {
  readonly id: NodeId;
  readonly #stage: Stage<M, R>;
  #protocol: Protocol<M, R> | undefined;
  /** Whether records become durable at once; otherwise they wait for `sync`. */
  syncsAtOnce = true;
  readonly durable: R[] = [];
  #written: R[] = [];
  #durableTo = 0;
  #held: Held<M, R>[] = [];
  /** Timers that are set, with their ranges. */
  readonly timers = new Map<string, readonly [number, number]>();
  readonly #inputs: Input<M, R>[] = [];
  /** The positions of the records that are being read. */
  readonly #reads: number[] = [];
  /** Whether records that are read come at once; otherwise they wait for `finishRead`. */
  readsAtOnce = true;

  constructor(id: NodeId, stage: Stage<M, R>) {
    this.id = id;
    this.#stage = stage;
  }

  get up(): boolean {
    return this.#protocol !== undefined;
  }

  get unsyncedCount(): number {
    return this.#written.length;
  }

  view(): ProtocolView | undefined {
    return this.#protocol?.view();
  }

  start(): void {
    if (this.#protocol !== undefined) return;
    this.#protocol = this.#stage.createProtocol();
    this.#carryOut(this.#protocol.start([...this.durable]));
    this.#drain();
  }

  /** Gives it an input; those that it sends itself are stepped after it. Nothing, where it is down. */
  step(input: Input<M, R>): void {
    if (this.#protocol === undefined) return;
    this.#inputs.push(input);
    this.#drain();
  }

  /** A timer runs out; false where it is not set. */
  fire(timer: string): boolean {
    if (this.#protocol === undefined || !this.timers.delete(timer)) return false;
    this.step({ kind: 'timeout', timer });
    return true;
  }

  /** How many records it is reading. */
  get readsUnderWay(): number {
    return this.#reads.length;
  }

  /** The oldest of the reads that are under way brings its record. */
  finishRead(): void {
    const position = this.#reads.shift();
    if (position !== undefined) this.step({ kind: 'recalled', position, record: this.#recordAt(position) });
  }

  /** Makes durable what was written, and carries out what waited for it. */
  sync(): void {
    const count = this.#written.length;
    if (this.#protocol === undefined || count === 0) return;
    this.#settle();
    this.#stage.onHappening({ kind: 'synced', count });
    const held = this.#held;
    this.#held = [];
    for (const { position, effect } of held) {
      if (position <= this.#durableTo) this.#perform(effect);
      else this.#held.push({ position, effect });
    }
    this.#drain();
  }

  /** The power goes: of the records that were not durable only the first `surviving` are there after it. */
  crash(surviving = 0): void {
    this.durable.push(...this.#written.slice(0, surviving));
    this.#protocol = undefined;
    this.#written = [];
    this.#held = [];
    this.#durableTo = 0;
    this.#inputs.length = 0;
    this.#reads.length = 0;
    this.timers.clear();
  }

  #recordAt(position: number): R {
    const record = this.durable[position - 1];
    if (record === undefined)
      throw new Error(`${this.id} reads record ${position}, and ${this.durable.length} are durable`);
    return record;
  }

  #settle(): void {
    this.durable.push(...this.#written);
    this.#durableTo += this.#written.length;
    this.#written = [];
  }

  #drain(): void {
    for (let next = this.#inputs.shift(); next !== undefined; next = this.#inputs.shift()) {
      if (this.#protocol === undefined) return;
      this.#stage.onInput?.(next);
      this.#carryOut(this.#protocol.step(next));
    }
  }

  #carryOut(effects: readonly Effect<M, R>[]): void {
    this.#stage.onEffects?.(effects);
    for (const effect of effects) {
      if (effect.kind === 'persist') {
        this.#written.push(effect.record);
        if (this.syncsAtOnce) this.#settle();
        this.#stage.onHappening({ kind: 'written', record: effect.record, durable: this.syncsAtOnce });
      } else if (this.#isFree(effect)) {
        this.#perform(effect);
      } else {
        this.#held.push({ position: this.#durableTo + this.#written.length, effect });
      }
    }
  }

  #isFree(effect: Performed<M, R>): boolean {
    if (this.#written.length === 0) return true;
    if (effect.kind === 'recall') return effect.position <= this.durable.length;
    return 'eager' in effect && effect.eager === true;
  }

  #perform(effect: Performed<M, R>): void {
    if (effect.kind === 'timer') this.timers.set(effect.timer, effect.afterMs);
    else if (effect.kind === 'cancel') this.timers.delete(effect.timer);
    else if (effect.kind === 'send' && effect.to === this.id) {
      this.#inputs.push({ kind: 'message', from: this.id, msg: effect.msg });
    } else if (effect.kind === 'recall') {
      const { position } = effect;
      if (this.readsAtOnce) this.#inputs.push({ kind: 'recalled', position, record: this.#recordAt(position) });
      else this.#reads.push(position);
    }
    this.#stage.onHappening({ kind: 'performed', effect });
  }
}
