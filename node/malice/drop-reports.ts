import type { Behaviour } from './kit/behaviour.ts';
import { forging } from './kit/sayings.ts';

/** What a view begins with follows from its view changes: others compute it again, and believe nothing. */
const behaviour: Behaviour = {
  summary: 'begins its epoch without what others have told it of earlier ones',
  needs: ['withoutReports'],
  leavesProof: false,
  deceive: ({ forgery, config }) => forging((msg) => forgery.withoutReports?.(msg, config)),
};

export default behaviour;
