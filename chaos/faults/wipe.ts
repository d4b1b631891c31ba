import { z } from 'zod';
import type { Fault } from '../contracts.ts';
import { orderGroup, votersOrder } from '../group.ts';
import { paramsOf } from '../params.ts';

/**
 * A replica that has lost its disk has forgotten how it voted. It leaves the group first, and comes back as one that was
 * never there: dissertation, section 11.7.2.
 */
const fault: Fault<Record<string, never>> = {
  summary: 'the target leaves the group, is killed and loses its disk; when it heals it joins anew, and catches up',
  needs: ['process.kill', 'disk.wipe', 'group.order'],
  parse: paramsOf('wipe', z.strictObject({})),
  links: () => [],
  strike: async ({ cluster, nodes }) => {
    await orderGroup(cluster, (group) => ({
      kind: 'reconfigure',
      voters: group.voters.filter((id) => !nodes.includes(id)),
      learners: group.learners.filter((id) => !nodes.includes(id)),
    }));
    for (const node of nodes) {
      await cluster.kill(node);
      await cluster.wipe(node);
    }
    return async () => {
      for (const node of nodes) await cluster.start(node);
      await orderGroup(cluster, (group) => votersOrder(group, [...new Set([...group.voters, ...nodes])]));
    };
  },
  bit: ({ nodes, events }) =>
    nodes.every((node) => events.some((event) => event.type === 'disk-wiped' && event.node === node)),
};

export default fault;
