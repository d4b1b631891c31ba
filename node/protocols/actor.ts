/**
 * A replica on a stage: carries out effects as the runtime does (a persist is a barrier; a message to itself comes back
 * as an input), but over a disk, timers and a mailbox that the director works by hand. For scenarios and conformance.
 */

import type { Effect } from '../contract/effects.ts';
import type { NodeId } from '../contract/ids.ts';
import type { Input } from '../contract/inputs.ts';
import type { Protocol } from '../contract/protocol.ts';
import type { ProtocolView } from '../contract/view.ts';
import { HashedPieces } from '../hashed-pieces.ts';
import { ActorDisk } from './actor-disk.ts';
import { ActorMachine } from './actor-machine.ts';

/** What became of a replica's wishes, in the order in which it came about. */
export type Happening<M, R> =
  | { readonly kind: 'written'; readonly record: R; readonly durable: boolean }
  /** A sync made the records up to here durable. */
  | { readonly kind: 'synced'; readonly count: number }
  | { readonly kind: 'performed'; readonly effect: Exclude<Effect<M, R>, { kind: 'persist' }> }
  /** The machine has the state of a snapshot, which says so itself. */
  | { readonly kind: 'restored'; readonly state: Uint8Array };

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

/** Makes the input that a read of the disk, or a snapshot of it, ends with; what is not durable yet becomes so. */
type Errand<M, R> = () => Input<M, R>;

export class Actor<M, R> {
  readonly id: NodeId;
  readonly #stage: Stage<M, R>;
  readonly #disk = new ActorDisk<R>();
  #machine = new ActorMachine();
  #protocol: Protocol<M, R> | undefined;
  /** Whether records become durable at once; otherwise they wait for `sync`. */
  syncsAtOnce = true;
  #written: R[] = [];
  #held: Held<M, R>[] = [];
  /** The pieces of a snapshot of another replica that have come. */
  #received: Uint8Array[] = [];
  /** Timers that are set, with their ranges. */
  readonly timers = new Map<string, readonly [number, number]>();
  readonly #inputs: Input<M, R>[] = [];
  #errands: Errand<M, R>[] = [];
  /** Whether what is read comes at once, and snapshots are durable at once; otherwise they wait for `finishErrand`. */
  errandsAtOnce = true;

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

  /** What its machine has applied; 0 where it is down. */
  get appliedIndex(): number {
    return this.#machine.appliedIndex;
  }

  view(): ProtocolView | undefined {
    return this.#protocol?.view();
  }

  /** @param leftOver - how many records are found of those that it needed no more */
  start(leftOver = 0): void {
    if (this.#protocol !== undefined) return;
    this.#protocol = this.#stage.createProtocol();
    const durable = this.#disk.durable(leftOver);
    if (durable.snapshot !== undefined) this.#restore(this.#disk.snapshot(durable.snapshot.index));
    this.#carryOut(this.#protocol.start(durable));
    this.#drain();
  }

  /** Gives it an input; those that it sends itself are stepped after it. Nothing, where it is down. */
  step(input: Input<M, R>): void {
    if (this.#protocol === undefined) return;
    this.#inputs.push(input);
    this.#drain();
  }

  /** Gives it an input in the midst of what it is doing; it is stepped after that. */
  stepLater(input: Input<M, R>): void {
    this.#inputs.push(input);
  }

  /** A timer runs out; false where it is not set. */
  fire(timer: string): boolean {
    if (this.#protocol === undefined || !this.timers.delete(timer)) return false;
    this.step({ kind: 'timeout', timer });
    return true;
  }

  /** How many records and pieces it is reading, and snapshots it is making durable. */
  get errandsUnderWay(): number {
    return this.#errands.length;
  }

  /** The oldest of what its disk was asked for is done. */
  finishErrand(): void {
    const errand = this.#errands.shift();
    if (errand !== undefined) this.step(errand());
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
      if (position <= this.#disk.lastPosition) this.#perform(effect);
      else this.#held.push({ position, effect });
    }
    this.#drain();
  }

  /** The power goes: of the records that were not durable only the first `surviving` are there after it. */
  crash(surviving = 0): void {
    this.#disk.append(this.#written.slice(0, surviving));
    this.#protocol = undefined;
    this.#machine = new ActorMachine();
    this.#written = [];
    this.#held = [];
    this.#received = [];
    this.#inputs.length = 0;
    this.#errands = [];
    this.timers.clear();
  }

  #settle(): void {
    this.#disk.append(this.#written);
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
        this.#held.push({ position: this.#disk.lastPosition + this.#written.length, effect });
      }
    }
  }

  #isFree(effect: Performed<M, R>): boolean {
    if (this.#written.length === 0) return true;
    if (effect.kind === 'timer' || effect.kind === 'cancel') return true;
    if (effect.kind === 'recall') return effect.position <= this.#disk.lastPosition;
    return 'eager' in effect && effect.eager === true;
  }

  #perform(effect: Performed<M, R>): void {
    switch (effect.kind) {
      case 'timer':
        this.timers.set(effect.timer, effect.afterMs);
        break;
      case 'cancel':
        this.timers.delete(effect.timer);
        break;
      case 'send':
        if (effect.to === this.id) this.#inputs.push({ kind: 'message', from: this.id, msg: effect.msg });
        break;
      case 'apply':
        this.#machine.apply(effect.index, effect.payload);
        break;
      default:
        this.#performOnDisk(effect);
    }
    this.#stage.onHappening({ kind: 'performed', effect });
    if (this.errandsAtOnce) for (const errand of this.#errands.splice(0)) this.#inputs.push(errand());
  }

  #performOnDisk(effect: Performed<M, R>): void {
    switch (effect.kind) {
      case 'recall': {
        const { position } = effect;
        const record = this.#disk.record(position);
        this.#errands.push(() => ({ kind: 'recalled', position, record }));
        break;
      }
      case 'snapshot':
        this.#save(effect.index, effect.record, effect.pieceBytes);
        break;
      case 'load': {
        const { index, offset, maxBytes } = effect;
        const all = this.#disk.snapshot(index);
        const bytes = all.subarray(offset, offset + maxBytes);
        this.#errands.push(() => ({ kind: 'loaded', index, offset, bytes, last: offset + bytes.length >= all.length }));
        break;
      }
      case 'receive':
        this.#receive(effect.offset, effect.bytes);
        break;
      case 'install':
        this.#install(effect.index, effect.record);
        break;
      case 'compact':
        this.#disk.removeBefore(effect.position, effect.index);
        break;
    }
  }

  #save(index: number, record: R, pieceBytes: number | undefined): void {
    if (index !== this.appliedIndex) throw new Error(`${this.id} saves ${index}, and applied ${this.appliedIndex}`);
    const bytes = this.#machine.snapshot();
    this.#errands.push(() => {
      this.#disk.keep(index, record, bytes);
      const saved = { kind: 'snapshotted', index, bytes: bytes.length } as const;
      return pieceBytes === undefined ? saved : { ...saved, digests: digestsOf(bytes, pieceBytes) };
    });
  }

  #receive(offset: number, bytes: Uint8Array): void {
    if (offset === 0) this.#received = [];
    const length = this.#received.reduce((sum, piece) => sum + piece.length, 0);
    if (offset !== length) throw new Error(`${this.id} receives a piece at ${offset}, and has ${length} bytes`);
    this.#received.push(bytes);
  }

  #install(index: number, record: R): void {
    const bytes = new Uint8Array(this.#received.flatMap((piece) => [...piece]));
    this.#errands.push(() => {
      this.#disk.keep(index, record, bytes);
      this.#restore(bytes);
      return { kind: 'installed', index, bytes: bytes.length };
    });
  }

  #restore(bytes: Uint8Array): void {
    this.#machine.restore(bytes);
    this.#stage.onHappening({ kind: 'restored', state: bytes });
  }
}

function digestsOf(bytes: Uint8Array, pieceBytes: number): readonly string[] {
  const pieces = new HashedPieces([bytes].values(), pieceBytes);
  while (!pieces.next().done);
  return pieces.digests();
}
