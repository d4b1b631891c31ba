import { z } from 'zod';
import type { NodeId } from '../../node/contract/ids.ts';
import type { Group } from '../../node/contract/view.ts';
import type { Fault } from '../contracts/faults.ts';
import { areMembersAnew, forgetInGroup, loseDisk, requireOnlyOne } from '../disk-loss.ts';
import { orderGroup, voteIn, voteOut, without } from '../group.ts';
import { seenOnNodes } from '../links.ts';
import { paramsOf } from '../params.ts';
import { strikeNodes } from '../strike-nodes.ts';

function requireOthersToVote({ voters }: Group, nodes: readonly NodeId[]): void {
  if (without(nodes, voters).length > 0) throw new Error('only one that votes has promises to forget');
  if (without(voters, nodes).length === 0) throw new Error('nobody would be left to vote');
}

/**
 * What becomes of a replica whose disk was replaced, and of which nobody told the group: it goes by its old name, and must not
 * act as if it had promised nothing ("Paxos Made Live", section 5.1).
 */
const fault: Fault<Record<string, never>> = {
  summary:
    'the target is killed and loses its disk, and comes back at once without having left the group; ' +
    'when it heals it is voted out and in again',
  needs: ['process.kill', 'disk.wipe', 'group.order'],
  needsOfProtocol: ['reconfigure', 'disk-loss'],
  parse: paramsOf('amnesia', z.strictObject({})),
  links: () => [],
  strike: async ({ cluster, nodes }) => {
    // Nothing is ordered: whoever leads only tells who votes.
    await orderGroup(cluster, (group) => {
      requireOnlyOne(cluster, group, nodes);
      requireOthersToVote(group, nodes);
      forgetInGroup(cluster, nodes);
      return null;
    });
    await strikeNodes(nodes, {
      strike: async (node) => {
        await loseDisk(cluster, node);
        await cluster.start(node);
      },
      takeBack: (node) => cluster.start(node),
    });
    let isOut = false;
    return async () => {
      if (!isOut) await voteOut(cluster, nodes);
      isOut = true;
      await voteIn(cluster, nodes);
      areMembersAnew(cluster, nodes);
    };
  },
  bit: (evidence) => seenOnNodes(evidence, 'disk-wiped'),
};

export default fault;
