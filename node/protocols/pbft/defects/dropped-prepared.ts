import type { PbftDefect } from '../rules.ts';

const defect: PbftDefect = {
  summary: 'A VIEW-CHANGE tells of what is decided, and not of what is prepared or shared.',
  breaks: 'Castro and Liskov (1999), section 4.4: it carries a proof for each request that has prepared at its sender.',
  violates: 'safety',
  foundBy: { experiment: 'lonely-decision', seed: 1 },
  rules: { told: ({ slot, decided }) => (decided === undefined ? undefined : { slot, decided }) },
};

export default defect;
