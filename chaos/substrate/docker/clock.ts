/** Real time for the orchestrator: milliseconds since the epoch, with fractions, that never go back. */
import { systemClock, wallClockMs } from '../../../node/io/clock.ts';
import type { Clock } from '../../../node/ports.ts';
import type { LabClock } from '../../contracts/cluster.ts';

export const realClock: Clock & LabClock = {
  ...systemClock,
  now: wallClockMs,
  sleep: (delayMs, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted === true) {
        resolve();
        return;
      }
      const end = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', end);
        resolve();
      };
      const timer = setTimeout(end, Math.max(0, delayMs));
      signal?.addEventListener('abort', end, { once: true });
    }),
};
