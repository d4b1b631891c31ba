import type { Effect } from '../contract/effects.ts';
import type { Behaviour, Deceit } from './kit/behaviour.ts';

/** So many messages are held back, and then go out from the last to the first. */
const held = 4;

function reordering<M, R>(): Deceit<M, R> {
  let waiting: Effect<M, R>[] = [];
  return {
    act: (effect) => {
      if (effect.kind !== 'send') return [effect];
      waiting.push(effect);
      if (waiting.length < held) return [];
      const due = waiting.reverse();
      waiting = [];
      return due;
    },
  };
}

const behaviour: Behaviour = {
  summary: `says what it says in another order: ${held} messages at a time, the last one first`,
  needs: [],
  leavesProof: false,
  deceive: reordering,
};

export default behaviour;
