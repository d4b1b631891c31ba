import type { ReplicaConfig } from '../../contract/config.ts';
import type { ProtocolDefinition } from '../../contract/definition.ts';
import type { Durable } from '../../contract/durable.ts';
import type { Effect } from '../../contract/effects.ts';
import type { NodeId } from '../../contract/ids.ts';
import type { Input } from '../../contract/inputs.ts';
import type { Protocol } from '../../contract/protocol.ts';
import type { ProtocolView } from '../../contract/view.ts';
import { type Behaviour, type Deceit, type Malice, timerPrefix } from './behaviour.ts';

/** A behaviour by its name. */
export interface NamedBehaviour {
  readonly name: string;
  readonly behaviour: Behaviour;
}

export interface MaliciousParts<M, R> {
  readonly config: ReplicaConfig;
  readonly definition: Pick<ProtocolDefinition<M, R>, 'codec' | 'forgery'>;
  /** Other malicious replicas; none where absent. */
  readonly accomplices?: Iterable<NodeId>;
  /** An honest replica of that name, with its key: the one that is in bad hands, and what a behaviour may need besides. */
  readonly another: () => Protocol<M, R>;
}

/**
 * An honest replica in the hands of somebody who is not. Honest until it is told to behave otherwise, and again afterwards.
 * What it says itself is signed with its own key; what it says to itself, and writes to its disk, stays honest.
 */
export class MaliciousReplica<M, R> implements Protocol<M, R> {
  readonly #honest: Protocol<M, R>;
  readonly #malice: Malice<M, R>;
  #deceit: Deceit<M, R> | undefined;
  #name = '';
  /** It has done something that an honest replica would not have done, since it was told to behave so. */
  #hasDeceived = false;

  constructor({ config, definition: { codec, forgery = {} }, accomplices = [], another }: MaliciousParts<M, R>) {
    const honest = another();
    this.#honest = honest;
    this.#malice = { config, codec, forgery, accomplices: new Set(accomplices), view: () => honest.view(), another };
  }

  /** From the next input on; honest where `named` is absent. */
  behave(named?: NamedBehaviour): void {
    this.#deceit = named?.behaviour.deceive(this.#malice);
    this.#name = named?.name ?? '';
    this.#hasDeceived = false;
  }

  start(durable: Durable<R>): readonly Effect<M, R>[] {
    return this.#act(this.#honest.start(durable));
  }

  step(input: Input<M, R>): readonly Effect<M, R>[] {
    const isOwn = input.kind === 'timeout' && input.timer.startsWith(timerPrefix);
    if (this.#deceit === undefined) return isOwn ? [] : this.#honest.step(input);
    const told = isOwn ? [] : this.#tell(input);
    const effects = this.#act(told.flatMap((each) => [...this.#honest.step(each)]));
    const besides = this.#deceit.besides?.(input) ?? [];
    if (besides.some(({ kind }) => kind === 'send' || kind === 'note')) this.#deceived();
    return [...effects, ...besides, ...this.#takeNote()];
  }

  view(): ProtocolView {
    return this.#honest.view();
  }

  heldBytes(): number {
    return this.#honest.heldBytes?.() ?? 0;
  }

  refused(): Readonly<Record<string, number>> {
    return this.#honest.refused?.() ?? {};
  }

  #tell(input: Input<M, R>): readonly Input<M, R>[] {
    const told = this.#deceit?.hear?.(input) ?? [input];
    if (told.length !== 1 || told[0] !== input) this.#deceived();
    return told;
  }

  #act(effects: readonly Effect<M, R>[]): readonly Effect<M, R>[] {
    const act = this.#deceit?.act;
    if (act === undefined) return effects;
    return effects.flatMap((effect) => {
      if (effect.kind === 'send' && effect.to === this.#malice.config.id) return [effect];
      const done = act(effect);
      if (done.length !== 1 || done[0] !== effect) this.#deceived();
      return [...done];
    });
  }

  #notes: Effect<M, R>[] = [];

  /** The first time that it makes a difference is told to the observers. */
  #deceived(): void {
    if (this.#hasDeceived) return;
    this.#hasDeceived = true;
    if (this.#malice.config.trace) {
      this.#notes.push({ kind: 'note', fact: { type: 'deceived', behaviour: this.#name } });
    }
  }

  #takeNote(): readonly Effect<M, R>[] {
    const notes = this.#notes;
    this.#notes = [];
    return notes;
  }
}
