import type { Behaviour, Deceit, Malice } from './kit/behaviour.ts';
import { saying } from './kit/sayings.ts';

/** How many messages are kept to be said again. */
const kept = 64;

function replaying<M, R>(_: Malice<M, R>): Deceit<M, R> {
  const old: M[] = [];
  let count = 0;
  return saying((msg) => {
    count += 1;
    const again = old[count % kept];
    // In another order than at first: 5 and the number of places have no divisor in common.
    old[(count * 5) % kept] = msg;
    return again === undefined ? [msg] : [again, msg];
  });
}

const behaviour: Behaviour = {
  summary: 'says again what it said long ago, to anybody and in another order',
  needs: [],
  leavesProof: false,
  deceive: replaying,
};

export default behaviour;
