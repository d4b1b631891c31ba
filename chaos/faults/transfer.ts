import { z } from 'zod';
import type { NodeId } from '../../node/contract/ids.ts';
import type { Fault } from '../contracts/faults.ts';
import { leaderOf, orderGroup } from '../group.ts';
import { paramsOf } from '../params.ts';
import { isLeading } from '../roles.ts';

const fault: Fault<Record<string, never>> = {
  summary: 'the leader is told to hand over to the target; nothing is taken back',
  needs: ['group.order'],
  needsOfProtocol: ['transfer'],
  parse: paramsOf('transfer', z.strictObject({})),
  links: () => [],
  strike: async ({ cluster, nodes }) => {
    const [to] = nodes;
    if (to === undefined || nodes.length > 1) throw new Error('one replica can be handed the lead, and not several');
    if (leaderOf(cluster) === to) throw new Error(`${to} leads already`);
    // A group that hands over to one that died meanwhile waits for it, and takes up nothing.
    const over = (leader: NodeId) => leader === to || cluster.status(to).state !== 'up';
    await orderGroup(cluster, (_group, leader) => (over(leader) ? null : { kind: 'transfer', to }));
    return async () => {};
  },
  bit: ({ nodes, events }) =>
    events.some((event) => event.type === 'role' && isLeading(event.role) && nodes.includes(event.node)),
};

export default fault;
