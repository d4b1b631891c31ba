import { z } from 'zod';
import type { Fault } from '../contracts/faults.ts';
import { loseDisk, requireOnlyOne } from '../disk-loss.ts';
import { regroup, without } from '../group.ts';
import { seenOnNodes } from '../links.ts';
import { paramsOf } from '../params.ts';
import { strikeNodes } from '../strike-nodes.ts';

/**
 * A replica that has lost its disk has forgotten how it voted. It leaves the group first, and comes back as one that was
 * never there: dissertation, section 11.7.2.
 * Why only one at a time does: see `disk-loss.ts`.
 */
const fault: Fault<Record<string, never>> = {
  summary: 'the target leaves the group, is killed and loses its disk; when it heals it joins anew, and catches up',
  needs: ['process.kill', 'disk.wipe', 'group.order'],
  needsOfProtocol: ['reconfigure'],
  parse: paramsOf('wipe', z.strictObject({})),
  links: () => [],
  strike: async ({ cluster, nodes }) => {
    const rejoin = await regroup(cluster, (group) => {
      requireOnlyOne(cluster, group, nodes);
      return { voters: without(group.voters, nodes), learners: without(group.learners, nodes) };
    });
    const restart = await strikeNodes(nodes, {
      strike: (node) => loseDisk(cluster, node),
      takeBack: (node) => cluster.start(node),
    });
    return async () => {
      await restart();
      await rejoin();
    };
  },
  bit: (evidence) => seenOnNodes(evidence, 'disk-wiped'),
};

export default fault;
