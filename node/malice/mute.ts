import type { Behaviour } from './kit/behaviour.ts';
import { saying } from './kit/sayings.ts';

const behaviour: Behaviour = {
  summary: 'says nothing to anybody, and goes on listening',
  needs: [],
  leavesProof: false,
  deceive: <M, R>() => saying<M, R>(() => []),
};

export default behaviour;
