import { z } from 'zod';
import type { Fault } from '../contracts.ts';
import { orderGroup } from '../group.ts';
import { paramsOf } from '../params.ts';

const fault: Fault<Record<string, never>> = {
  summary: 'the leader is told to hand over to the target; nothing is taken back',
  needs: ['group.order'],
  parse: paramsOf('transfer', z.strictObject({})),
  links: () => [],
  strike: async ({ cluster, nodes }) => {
    for (const to of nodes) {
      await orderGroup(cluster, (_group, leader) => (leader === to ? null : { kind: 'transfer', to }));
    }
    return async () => {};
  },
  bit: ({ nodes, events }) =>
    events.some((event) => event.type === 'role' && event.role === 'leader' && nodes.includes(event.node)),
};

export default fault;
