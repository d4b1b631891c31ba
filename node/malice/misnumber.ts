import type { Behaviour } from './kit/behaviour.ts';
import type { Shift } from './kit/forgery.ts';
import { adding } from './kit/sayings.ts';

/** One off, and far outside of any window. */
const shifts: readonly Shift[] = [
  { epoch: 0, index: 1 },
  { epoch: 0, index: -1 },
  { epoch: 1, index: 0 },
  { epoch: -1, index: 0 },
  { epoch: 0, index: 1_000_000 },
  { epoch: 1_000_000, index: 0 },
];

const behaviour: Behaviour = {
  summary: 'says all that it says for other epochs and slots as well: next to the right ones, and far ahead',
  needs: ['withNumbers'],
  leavesProof: true,
  deceive: ({ forgery, config }) => {
    let turn = 0;
    return adding((msg) => {
      turn += 1;
      const shift = shifts[turn % shifts.length];
      return shift && forgery.withNumbers?.(msg, shift, config);
    });
  },
};

export default behaviour;
