import { z } from 'zod';
import type { Fault } from '../contracts.ts';
import { orderGroup, votersOrder } from '../group.ts';
import { seenWithoutVote } from '../links.ts';
import { paramsOf } from '../params.ts';

const fault: Fault<Record<string, never>> = {
  summary: 'the target is taken out of the group, and voted in again when it heals',
  needs: ['group.order'],
  parse: paramsOf('remove', z.strictObject({})),
  links: () => [],
  strike: async ({ cluster, nodes }) => {
    await orderGroup(cluster, (group) => ({
      kind: 'reconfigure',
      voters: group.voters.filter((id) => !nodes.includes(id)),
      learners: group.learners.filter((id) => !nodes.includes(id)),
    }));
    return () => orderGroup(cluster, (group) => votersOrder(group, [...new Set([...group.voters, ...nodes])]));
  },
  bit: seenWithoutVote,
};

export default fault;
