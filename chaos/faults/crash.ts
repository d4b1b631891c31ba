import { z } from 'zod';
import type { Fault } from '../contracts/faults.ts';
import { seenOnNodes } from '../links.ts';
import { paramsOf } from '../params.ts';
import { strikeNodes } from '../strike-nodes.ts';

const fault: Fault<Record<string, never>> = {
  summary: 'kill -9, and a restart when it heals; the disk keeps what was synced',
  needs: ['process.kill'],
  parse: paramsOf('crash', z.strictObject({})),
  links: () => [],
  strike: ({ cluster, nodes }) =>
    strikeNodes(nodes, { strike: (node) => cluster.kill(node), takeBack: (node) => cluster.start(node) }),
  bit: (evidence) => seenOnNodes(evidence, 'node-down'),
};

export default fault;
