import type { Behaviour, Deceit, Malice } from './kit/behaviour.ts';
import { forging } from './kit/sayings.ts';

function dropping<M, R>({ forgery, config, view }: Malice<M, R>): Deceit<M, R> {
  let lyingIn = -1;
  return forging((msg) => {
    const beginning = forgery.withoutReports?.(msg, config);
    if (beginning !== undefined) lyingIn = view().epoch;
    // What it left out has a place; whoever believes that the place is free is given something else for it.
    return beginning ?? (view().epoch === lyingIn ? forgery.withValue?.(msg, new Uint8Array(0), config) : undefined);
  });
}

/** What a view begins with follows from its view changes: others compute it again, and believe nothing. */
const behaviour: Behaviour = {
  summary:
    'begins its epoch without what others have told it of earlier ones, and with something else (nothing) instead',
  needs: ['withoutReports', 'withValue'],
  leavesProof: false,
  deceive: dropping,
};

export default behaviour;
