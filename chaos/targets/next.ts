import type { Target } from '../contracts/faults.ts';
import { running } from '../running.ts';

const target: Target = {
  summary: 'each replica in its turn: the one that was struck least often',
  choose: ({ statuses, struck }) => {
    const count = (node: string) => struck.get(node) ?? 0;
    const [first] = running(statuses)
      .map(({ node }) => node)
      .sort((a, b) => count(a) - count(b));
    return first === undefined ? [] : [first];
  },
};

export default target;
