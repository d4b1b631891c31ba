import type { Behaviour } from './kit/behaviour.ts';
import { saying } from './kit/sayings.ts';

const copies = 20;

const behaviour: Behaviour = {
  summary: `says everything ${copies} times`,
  needs: [],
  leavesProof: false,
  deceive: () => saying((msg) => Array.from({ length: copies }, () => msg)),
};

export default behaviour;
