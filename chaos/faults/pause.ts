import { z } from 'zod';
import type { Fault } from '../contracts/faults.ts';
import { seenOnNodes } from '../links.ts';
import { paramsOf } from '../params.ts';
import { strikeNodes } from '../strike-nodes.ts';

const fault: Fault<Record<string, never>> = {
  summary: 'the process stops running (SIGSTOP, a long collection, a stolen CPU) and goes on when it heals',
  needs: ['process.pause'],
  parse: paramsOf('pause', z.strictObject({})),
  links: () => [],
  strike: ({ cluster, nodes }) =>
    strikeNodes(nodes, { strike: (node) => cluster.pause(node), takeBack: (node) => cluster.resume(node) }),
  bit: (evidence) => seenOnNodes(evidence, 'node-paused'),
};

export default fault;
