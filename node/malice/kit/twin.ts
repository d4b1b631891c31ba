import { nothingDurable } from '../../contract/durable.ts';
import type { Effect } from '../../contract/effects.ts';
import type { NodeId } from '../../contract/ids.ts';
import type { Input } from '../../contract/inputs.ts';
import { InvariantViolation } from '../../contract/invariant.ts';
import type { Protocol } from '../../contract/protocol.ts';

/** As many as a twin may step on its own in one go: it does not outlast a bug that has it talk to itself for ever. */
const maxStepsInOne = 10_000;

/**
 * A second replica beside one: it has no disk, no machine and no clients of its own. Its records are held in memory, and are
 * durable at once; what it applies goes nowhere.
 */
export class Twin<M, R> {
  readonly #protocol: Protocol<M, R>;
  readonly #id: NodeId;
  /** Before the names of its timers. */
  readonly #prefix: string;
  readonly #records: R[] = [];
  readonly #inputs: Input<M, R>[] = [];
  /** It found its own state broken: it does nothing any more, and the other one goes on. */
  #hasEnded = false;

  constructor(protocol: Protocol<M, R>, id: NodeId, prefix: string) {
    this.#protocol = protocol;
    this.#id = id;
    this.#prefix = prefix;
  }

  start(): Effect<M, R>[] {
    const effects = this.#carryOut(this.#protocol.start(nothingDurable));
    return [...effects, ...this.#goOn()];
  }

  /** Gives what is to be done in the world: messages to others, and timers. */
  step(input: Input<M, R>): Effect<M, R>[] {
    const own = input.kind === 'timeout' ? { ...input, timer: input.timer.slice(this.#prefix.length) } : input;
    this.#inputs.push(own);
    return this.#goOn();
  }

  #goOn(): Effect<M, R>[] {
    const effects: Effect<M, R>[] = [];
    for (let steps = 0; steps < maxStepsInOne; steps += 1) {
      const next = this.#inputs.shift();
      if (next === undefined) break;
      effects.push(...this.#carryOut(this.#stepped(next)));
    }
    return effects;
  }

  #stepped(input: Input<M, R>): readonly Effect<M, R>[] {
    if (this.#hasEnded) return [];
    try {
      return this.#protocol.step(input);
    } catch (error) {
      if (!(error instanceof InvariantViolation)) throw error;
      this.#hasEnded = true;
      return [];
    }
  }

  #carryOut(effects: readonly Effect<M, R>[]): Effect<M, R>[] {
    return effects.flatMap((effect) => this.#perform(effect));
  }

  #perform(effect: Effect<M, R>): Effect<M, R>[] {
    switch (effect.kind) {
      case 'persist':
        this.#records.push(effect.record);
        return [];
      case 'recall': {
        const record = this.#records[effect.position - 1];
        if (record !== undefined) this.#inputs.push({ kind: 'recalled', position: effect.position, record });
        return [];
      }
      case 'send':
        if (effect.to !== this.#id) return [effect];
        this.#inputs.push({ kind: 'message', from: effect.to, msg: effect.msg });
        return [];
      case 'timer':
      case 'cancel':
        return [{ ...effect, timer: `${this.#prefix}${effect.timer}` }];
      case 'install':
        this.#inputs.push({ kind: 'installed', index: effect.index, bytes: 0 });
        return [];
      default:
        return [];
    }
  }
}
