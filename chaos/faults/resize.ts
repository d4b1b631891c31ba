import { z } from 'zod';
import type { Fault } from '../contracts/faults.ts';
import { regroup, seenConfiguration, without } from '../group.ts';
import { paramsOf } from '../params.ts';

const fault: Fault<Record<string, never>> = {
  summary: 'the target alone votes, through joint consensus; the others vote again when it heals',
  needs: ['group.order'],
  needsOfProtocol: ['reconfigure'],
  parse: paramsOf('resize', z.strictObject({})),
  links: () => [],
  strike: ({ cluster, nodes }) =>
    regroup(cluster, ({ learners }) => ({ voters: nodes, learners: without(learners, nodes) })),
  bit: (evidence) =>
    seenConfiguration(
      evidence,
      ({ voters, outgoing }) =>
        outgoing.length === 0 &&
        voters.length === evidence.nodes.length &&
        without(voters, evidence.nodes).length === 0,
    ),
};

export default fault;
