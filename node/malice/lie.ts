import type { Behaviour } from './kit/behaviour.ts';
import { withOtherValues } from './kit/tampering.ts';

/** Clients take an answer that f + 1 replicas give, one of them honest at least: Castro and Liskov (1999), section 4.1. */
const behaviour: Behaviour = {
  summary: 'applies other values than were decided, and so answers its clients with lies',
  needs: [],
  leavesProof: false,
  deceive: ({ config }) => ({
    act: (effect) => {
      // It has a state of its own, and would find that wrong where others vouch for theirs.
      if (effect.kind === 'snapshot') return [];
      if (effect.kind !== 'apply' || effect.payload.length === 0) return [effect];
      return [{ ...effect, payload: withOtherValues(effect.payload, config) }];
    },
  }),
};

export default behaviour;
