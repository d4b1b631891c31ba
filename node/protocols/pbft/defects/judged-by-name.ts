import type { PbftDefect } from '../rules.ts';

const defect: PbftDefect = {
  summary: 'Of certificates with the same view, slot and batch the first is verified, and stands for all the others.',
  breaks: 'Castro and Liskov (1999), section 4.4: each proof is verified; the name of one says nothing of another.',
  violates: 'liveness',
  foundBy: { play: 'node/protocols/pbft/plays.test.ts' },
  rules: {
    judge: () => {
      const verdicts = new Map<string, boolean>();
      return ({ view, slot, digest }, holds) => {
        const name = `${view} ${slot} ${digest}`;
        const verdict = verdicts.get(name) ?? holds();
        verdicts.set(name, verdict);
        return verdict;
      };
    },
  },
};

export default defect;
