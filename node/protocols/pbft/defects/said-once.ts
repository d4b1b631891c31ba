import type { PbftDefect } from '../rules.ts';

const defect: PbftDefect = {
  summary: 'A replica says its votes once, also to one that was not ready for them.',
  breaks: 'Castro and Liskov (2002): messages are sent again to whoever says that it lacks them.',
  violates: 'liveness',
  foundBy: { experiment: 'full-window', seed: 36 },
  rules: { sendsAgain: false },
};

export default defect;
