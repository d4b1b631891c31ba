import { z } from 'zod';
import type { Fault } from '../contracts/faults.ts';
import { seenOnNodes } from '../links.ts';
import { paramsOf } from '../params.ts';
import { strikeNodes } from '../strike-nodes.ts';

interface Params {
  readonly delayMs: number;
}

const fault: Fault<Params> = {
  summary: 'every sync of the disk takes longer by params.delayMs',
  needs: ['disk.slow'],
  parse: paramsOf('slow-disk', z.strictObject({ delayMs: z.number().positive().max(60_000).default(100) })),
  links: () => [],
  strike: ({ cluster, nodes }, { delayMs }) =>
    strikeNodes(nodes, {
      strike: (node) => cluster.slowDisk(node, delayMs),
      takeBack: (node) => cluster.slowDisk(node, 0),
    }),
  bit: (evidence) => seenOnNodes(evidence, 'disk-slow'),
};

export default fault;
