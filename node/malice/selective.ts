import type { Behaviour } from './kit/behaviour.ts';
import { saying } from './kit/sayings.ts';
import { isInTheDark } from './kit/sides.ts';

const behaviour: Behaviour = {
  summary: 'says nothing to as many replicas as can be missing, so that they are kept in the dark',
  needs: [],
  leavesProof: false,
  deceive: (malice) => saying((msg, to) => (isInTheDark(malice, to) ? [] : [msg])),
};

export default behaviour;
