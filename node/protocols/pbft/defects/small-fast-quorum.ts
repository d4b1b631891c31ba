import type { PbftDefect } from '../rules.ts';

const defect: PbftDefect = {
  summary: 'The shares of 3f replicas decide without a second phase.',
  breaks:
    'Gueta and others, SBFT (2019): the fast path takes the shares of all 3f + 1, or the quorum of a later view hears of f honest ones only.',
  violates: 'safety',
  foundBy: { search: 'node/protocols/pbft/search/search.test.ts' },
  rules: { fastQuorum: ({ f }) => 3 * f },
};

export default defect;
