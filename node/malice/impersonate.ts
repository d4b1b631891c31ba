import type { Behaviour } from './kit/behaviour.ts';
import { adding } from './kit/sayings.ts';

/** The sender follows from the key: nobody can speak in the name of another. */
const behaviour: Behaviour = {
  summary: 'says all that it says in the names of others as well, signed with its own key',
  needs: ['sealOf', 'withSeal'],
  leavesProof: false,
  deceive: ({ forgery, config }) => {
    const others = config.members.filter((member) => member !== config.id);
    let turn = 0;
    return adding((msg) => {
      const seal = forgery.sealOf?.(msg);
      turn += 1;
      const signer = others[turn % others.length];
      return seal && signer !== undefined ? forgery.withSeal?.(msg, { ...seal, signer }) : undefined;
    });
  },
};

export default behaviour;
