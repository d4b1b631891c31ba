import { z } from 'zod';
import type { Fault } from '../contracts/faults.ts';
import { inboundLinks, outboundLinks, seenOnLinks } from '../links.ts';
import { paramsOf } from '../params.ts';

interface Params {
  /** `in`: the target hears nothing. `out`: nobody hears the target. */
  readonly direction: 'in' | 'out';
}

const fault: Fault<Params> = {
  summary: 'an asymmetric partition: messages pass one way only (direction: in, out)',
  needs: ['link.cut'],
  parse: paramsOf('one-way-cut', z.strictObject({ direction: z.enum(['in', 'out']).default('out') })),
  links: (group, all, { direction }) => (direction === 'in' ? inboundLinks : outboundLinks)(group, all),
  strike: ({ cluster, strike, links }) => cluster.impair(strike, links, { kind: 'cut' }),
  bit: (evidence) => seenOnLinks(evidence, 'link-dropped'),
};

export default fault;
