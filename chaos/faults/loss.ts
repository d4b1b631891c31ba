import { z } from 'zod';
import type { Fault } from '../contracts/faults.ts';
import { boundaryLinks, seenOnLinks } from '../links.ts';
import { paramsOf } from '../params.ts';

interface Params {
  readonly probability: number;
}

const fault: Fault<Params> = {
  summary: 'messages are lost at random between the target and the others, or everywhere (probability)',
  needs: ['link.loss'],
  parse: paramsOf('loss', z.strictObject({ probability: z.number().min(0.001).max(1).default(0.1) })),
  links: boundaryLinks,
  strike: ({ cluster, strike, links }, params) => cluster.impair(strike, links, { kind: 'loss', ...params }),
  bit: (evidence) => seenOnLinks(evidence, 'link-dropped'),
};

export default fault;
