import type { Effect } from '../contract/effects.ts';
import type { Input } from '../contract/inputs.ts';
import { type Behaviour, type Deceit, type Malice, timerPrefix } from './kit/behaviour.ts';
import { isOnOtherSide } from './kit/sides.ts';
import { Twin } from './kit/twin.ts';

const prefix = `${timerPrefix}twin/`;

type Request = Extract<Input<never>, { readonly kind: 'request' }>;

/** What clients ask the twin for comes to it in another order, two by two, so that it has something else to propose. */
class Swapped {
  #held: Request | undefined;

  take(request: Request): readonly Request[] {
    const held = this.#held;
    this.#held = held === undefined ? request : undefined;
    return held === undefined ? [] : [request, held];
  }

  /** Nobody waits for it any more. */
  settle(id: number): void {
    if (this.#held?.id === id) this.#held = undefined;
  }
}

/** Two honest replicas with one name and one key, each in touch with a part of the others. */
function twins<M, R>(malice: Malice<M, R>): Deceit<M, R> {
  const { config, accomplices } = malice;
  const twin = new Twin(malice.another(), config.id, prefix);
  const swapped = new Swapped();
  let beginning: readonly Effect<M, R>[] = twin.start();
  const isTwins = (node: string) => isOnOtherSide(malice, node);
  const isShared = (node: string) => accomplices.has(node);
  const reaches = (effect: Effect<M, R>) => effect.kind !== 'send' || isShared(effect.to) || isTwins(effect.to);
  const heardByTwin = (input: Input<M, R>): readonly Input<M, R>[] => {
    switch (input.kind) {
      case 'message':
        return isTwins(input.from) || isShared(input.from) ? [input] : [];
      case 'timeout':
        return input.timer.startsWith(prefix) ? [input] : [];
      case 'request':
        return swapped.take(input);
      case 'settled':
        swapped.settle(input.id);
        return [input];
      case 'suspected':
        return [input];
      default:
        return [];
    }
  };
  return {
    hear: (input) => (input.kind === 'message' && isTwins(input.from) ? [] : [input]),
    act: (effect) => (effect.kind === 'send' && isTwins(effect.to) ? [] : [effect]),
    besides: (input) => {
      const first = beginning;
      beginning = [];
      const done = heardByTwin(input).flatMap((heard) => twin.step(heard));
      return [...first, ...done].filter(reaches);
    },
  };
}

/** Bano and others, "Twins: BFT Systems Made Robust" (OPODIS 2021). */
const behaviour: Behaviour = {
  summary: 'is two replicas with one key, each in touch with a part of the others, and asked in another order',
  needs: [],
  // Where both are honest, and hear of the same batches, they say the same.
  leavesProof: false,
  deceive: twins,
};

export default behaviour;
