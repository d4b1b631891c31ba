import { z } from 'zod';
import type { Fault } from '../contracts.ts';
import { regroup, without } from '../group.ts';
import { seenOnNodes } from '../links.ts';
import { paramsOf } from '../params.ts';
import { strikeNodes } from '../strike-nodes.ts';

/**
 * A replica that has lost its disk has forgotten how it voted. It leaves the group first, and comes back as one that was
 * never there: dissertation, section 11.7.2.
 *
 * It comes back under its old name, though, and votes when it is asked to. One such vote decides nothing: where a group of
 * n lets go of one, a majority of the others has what is committed, and the rest of them and that one are no majority of
 * n. With two it may: of five, n3 missed that n1 and n2 left, and what n4 and n5 committed since; it stands for election,
 * and the two elect it.
 */
const onlyOne = 'one replica at a time may lose its disk, while all others vote: the votes of two could decide';

const fault: Fault<Record<string, never>> = {
  summary: 'the target leaves the group, is killed and loses its disk; when it heals it joins anew, and catches up',
  needs: ['process.kill', 'disk.wipe', 'group.order'],
  needsOfProtocol: ['reconfigure'],
  parse: paramsOf('wipe', z.strictObject({})),
  links: () => [],
  strike: async ({ cluster, nodes }) => {
    const rejoin = await regroup(cluster, ({ voters, learners }) => {
      const gone = without(cluster.nodes, voters);
      if (new Set([...gone, ...nodes]).size > 1) throw new Error(onlyOne);
      return { voters: without(voters, nodes), learners: without(learners, nodes) };
    });
    const restart = await strikeNodes(nodes, {
      strike: async (node) => {
        await cluster.kill(node);
        await cluster.wipe(node);
      },
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
