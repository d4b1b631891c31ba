import { z } from 'zod';
import type { Fault } from '../contracts/faults.ts';
import { boundaryLinks, seenOnLinks } from '../links.ts';
import { paramsOf } from '../params.ts';

interface Params {
  readonly delayMs: number;
  readonly jitterMs: number;
}

const schema = z
  .strictObject({
    /** Added to every message, one way. */
    delayMs: z.number().min(1).max(60_000).default(100),
    /** Varies the delay by up to this much, either way. */
    jitterMs: z.number().min(0).max(60_000).default(0),
  })
  .refine(({ delayMs, jitterMs }) => jitterMs <= delayMs, 'jitterMs must not be above delayMs');

const fault: Fault<Params> = {
  summary: 'slow links between the target and the others, or everywhere (delayMs, jitterMs)',
  needs: ['link.latency'],
  parse: paramsOf('latency', schema),
  links: boundaryLinks,
  strike: ({ cluster, strike, links }, params) => cluster.impair(strike, links, { kind: 'latency', ...params }),
  bit: (evidence) => seenOnLinks(evidence, 'link-delayed'),
};

export default fault;
