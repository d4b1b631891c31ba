import type { Effect, Input } from '../protocol.ts';
import { type Behaviour, type Deceit, type Malice, timerPrefix } from './kit/behaviour.ts';
import { isOnOtherSide } from './kit/sides.ts';
import { Twin } from './kit/twin.ts';

const prefix = `${timerPrefix}twin/`;

/** Two honest replicas with one name and one key, each in touch with a part of the others. */
function twins<M, R>(malice: Malice<M, R>): Deceit<M, R> {
  const { config, accomplices } = malice;
  const twin = new Twin(malice.another(), config.id, prefix);
  let beginning: readonly Effect<M, R>[] = twin.start();
  const isTwins = (node: string) => isOnOtherSide(malice, node);
  const isShared = (node: string) => accomplices.has(node);
  const reaches = (effect: Effect<M, R>) => effect.kind !== 'send' || isShared(effect.to) || isTwins(effect.to);
  return {
    hear: (input) => (input.kind === 'message' && isTwins(input.from) ? [] : [input]),
    act: (effect) => (effect.kind === 'send' && isTwins(effect.to) ? [] : [effect]),
    besides: (input) => {
      const first = beginning;
      beginning = [];
      const heard = isForTwin(input, isTwins, isShared) ? twin.step(input) : [];
      return [...first, ...heard].filter(reaches);
    },
  };
}

function isForTwin<M, R>(
  input: Input<M, R>,
  isTwins: (node: string) => boolean,
  isShared: (node: string) => boolean,
): boolean {
  switch (input.kind) {
    case 'message':
      return isTwins(input.from) || isShared(input.from);
    case 'timeout':
      return input.timer.startsWith(prefix);
    default:
      return input.kind === 'request' || input.kind === 'settled' || input.kind === 'suspected';
  }
}

/** Bano and others, "Twins: BFT Systems Made Robust" (OPODIS 2021). */
const behaviour: Behaviour = {
  summary: 'is two replicas with one key, each in touch with a part of the others',
  needs: [],
  // Where both are honest, and hear of the same batches, they say the same.
  leavesProof: false,
  deceive: twins,
};

export default behaviour;
