/** Real time for the orchestrator: milliseconds since the epoch, with fractions, that never go back. */
import type { Clock } from '../../../node/ports.ts';
import type { LabClock } from '../../contracts.ts';

export const realClock: Clock & LabClock = {
  now: () => performance.timeOrigin + performance.now(),
  soon: (run) => setImmediate(run),
  after: (delayMs, run) => {
    const timer = setTimeout(run, Math.max(0, delayMs));
    return () => clearTimeout(timer);
  },
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
