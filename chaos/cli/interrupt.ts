import { exitCode } from '../errors.ts';
import { tell } from './terminal.ts';

/**
 * The first Ctrl-C (or SIGTERM) ends in good order; the second ends the process.
 *
 * @param now - what happens at the first one, in words
 */
export function interruptSignal(now = 'healing, collecting and reporting'): AbortSignal {
  const controller = new AbortController();
  const onSignal = () => {
    if (controller.signal.aborted) {
      tell('Ended at once. What is left on docker goes with: npx splitbrain down');
      process.exit(exitCode.interrupted);
    }
    tell(`Interrupted: ${now}. Once more ends it at once.`);
    controller.abort();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return controller.signal;
}
