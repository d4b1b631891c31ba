/** Shorthands for behaviours that are about what a replica says to others. */
import type { Effect } from '../../contract/effects.ts';
import type { NodeId } from '../../contract/ids.ts';
import type { Deceit } from './behaviour.ts';

type Send<M, R> = Extract<Effect<M, R>, { readonly kind: 'send' }>;

type Saying<M> = (msg: M, to: NodeId) => readonly M[];

/** Something else is said in place of each message: `say` gives all of it, which may be nothing. */
export function saying<M, R>(say: Saying<M>): Deceit<M, R> {
  return {
    act: (effect) => {
      if (effect.kind !== 'send') return [effect];
      const said = say(effect.msg, effect.to);
      // The same object where nothing differs: that is how it is told whether anything does.
      if (said.length === 1 && said[0] === effect.msg) return [effect];
      return said.map((msg): Send<M, R> => ({ ...effect, msg }));
    },
  };
}

/** In place of each message that can be forged so, the forged one. */
export function forging<M, R>(forge: (msg: M, to: NodeId) => M | undefined): Deceit<M, R> {
  return saying((msg, to) => [forge(msg, to) ?? msg]);
}

/** Beside each message that can be forged so, the forged one. */
export function adding<M, R>(forge: (msg: M, to: NodeId) => M | undefined): Deceit<M, R> {
  return saying((msg, to) => {
    const forged = forge(msg, to);
    return forged === undefined ? [msg] : [msg, forged];
  });
}
