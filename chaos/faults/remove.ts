import { z } from 'zod';
import type { Fault } from '../contracts/faults.ts';
import { noneVotes, regroup, seenConfiguration, without } from '../group.ts';
import { paramsOf } from '../params.ts';

const fault: Fault<Record<string, never>> = {
  summary: 'the target is taken out of the group, and voted in again when it heals',
  needs: ['group.order'],
  needsOfProtocol: ['reconfigure'],
  parse: paramsOf('remove', z.strictObject({})),
  links: () => [],
  strike: ({ cluster, nodes }) =>
    regroup(cluster, ({ voters, learners }) => ({
      voters: without(voters, nodes),
      learners: without(learners, nodes),
    })),
  bit: (evidence) =>
    seenConfiguration(
      evidence,
      (seen) => noneVotes(seen, evidence.nodes) && !evidence.nodes.some((node) => seen.learners.includes(node)),
    ),
};

export default fault;
