import { z } from 'zod';
import type { Fault } from '../contracts/faults.ts';
import { boundaryLinks, seenOnLinks } from '../links.ts';
import { paramsOf } from '../params.ts';

const fault: Fault<Record<string, never>> = {
  summary: 'a partition: no message passes between the target and the others, either way',
  needs: ['link.cut'],
  parse: paramsOf('cut', z.strictObject({})),
  links: boundaryLinks,
  strike: ({ cluster, strike, links }) => cluster.impair(strike, links, { kind: 'cut' }),
  bit: (evidence) => seenOnLinks(evidence, 'link-dropped'),
};

export default fault;
