import type { Behaviour } from './kit/behaviour.ts';
import { isInTheDark } from './kit/sides.ts';

const noBatch = new Uint8Array(0);

/**
 * As leader it decides with the others what clients ask, so that nobody misses anything and no view is left; but of all honest
 * replicas f + 1 alone have decided it themselves. Berger, Reiser and Bessani (2021), arXiv 2107.11144.
 */
const behaviour: Behaviour = {
  summary: 'keeps as many replicas in the dark as can be missing, and answers no client that wants something done',
  needs: [],
  leavesProof: false,
  deceive: (malice) => ({
    act: (effect) => {
      if (effect.kind === 'send' && isInTheDark(malice, effect.to)) return [];
      // It knows of no session, then, and has a state of its own, of which it tells nobody.
      if (effect.kind === 'apply' && effect.payload.length > 0) return [{ ...effect, payload: noBatch }];
      return effect.kind === 'snapshot' ? [] : [effect];
    },
  }),
};

export default behaviour;
