import type { Behaviour } from './kit/behaviour.ts';
import { forging } from './kit/sayings.ts';

const behaviour: Behaviour = {
  summary: 'tells a new leader of certificates that nobody has given',
  needs: ['withForgedCertificates'],
  leavesProof: false,
  deceive: ({ forgery, config }) => forging((msg) => forgery.withForgedCertificates?.(msg, config)),
};

export default behaviour;
