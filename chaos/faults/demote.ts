import { z } from 'zod';
import type { Fault } from '../contracts/faults.ts';
import { noneVotes, regroup, seenConfiguration, without } from '../group.ts';
import { paramsOf } from '../params.ts';

const fault: Fault<Record<string, never>> = {
  summary: 'the target loses its vote and only learns what is decided; it votes again when it heals',
  needs: ['group.order'],
  needsOfProtocol: ['reconfigure'],
  parse: paramsOf('demote', z.strictObject({})),
  links: () => [],
  strike: ({ cluster, nodes }) =>
    regroup(cluster, ({ voters, learners }) => ({
      voters: without(voters, nodes),
      learners: [...new Set([...learners, ...nodes])],
    })),
  bit: (evidence) =>
    seenConfiguration(
      evidence,
      (seen) => noneVotes(seen, evidence.nodes) && evidence.nodes.every((node) => seen.learners.includes(node)),
    ),
};

export default fault;
