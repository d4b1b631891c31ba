import { z } from 'zod';
import type { Fault } from '../contracts.ts';
import { orderGroup, votersOrder } from '../group.ts';
import { seenWithoutVote } from '../links.ts';
import { paramsOf } from '../params.ts';

const fault: Fault<Record<string, never>> = {
  summary: 'the target loses its vote and only learns what is decided; it votes again when it heals',
  needs: ['group.order'],
  parse: paramsOf('demote', z.strictObject({})),
  links: () => [],
  strike: async ({ cluster, nodes }) => {
    await orderGroup(cluster, (group) => ({
      kind: 'reconfigure',
      voters: group.voters.filter((id) => !nodes.includes(id)),
      learners: [...new Set([...group.learners, ...nodes])],
    }));
    return () => orderGroup(cluster, (group) => votersOrder(group, [...new Set([...group.voters, ...nodes])]));
  },
  bit: seenWithoutVote,
};

export default fault;
