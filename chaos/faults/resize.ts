import { z } from 'zod';
import type { Fault } from '../contracts.ts';
import { orderGroup, votersOrder } from '../group.ts';
import { paramsOf } from '../params.ts';

const fault: Fault<Record<string, never>> = {
  summary: 'the target alone makes up the group, through joint consensus; all vote again when it heals',
  needs: ['group.order'],
  parse: paramsOf('resize', z.strictObject({})),
  links: () => [],
  strike: async ({ cluster, nodes }) => {
    await orderGroup(cluster, (group) => votersOrder(group, nodes));
    return () => orderGroup(cluster, (group) => votersOrder(group, cluster.nodes));
  },
  bit: ({ nodes, events }) =>
    events.some(
      (event) =>
        event.type === 'configuration' &&
        event.outgoing.length === 0 &&
        event.voters.length === nodes.length &&
        event.voters.every((id) => nodes.includes(id)),
    ),
};

export default fault;
