import type { PbftDefect } from '../rules.ts';

const defect: PbftDefect = {
  summary: 'A backup begins a view as its primary says, and does not look at the view changes for it.',
  breaks:
    'Castro and Liskov (1999), section 4.4: a backup verifies a NEW-VIEW by a computation like that of the primary.',
  violates: 'safety',
  foundBy: { experiment: 'lying-successor', seed: 1 },
  rules: { checksNewViews: false },
};

export default defect;
