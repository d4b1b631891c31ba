import { exitCode } from '../errors.ts';
import { tell } from './terminal.ts';

/** The first Ctrl-C (or SIGTERM) heals, collects and reports; the second ends the process. */
export function interruptSignal(): AbortSignal {
  const controller = new AbortController();
  const onSignal = () => {
    if (controller.signal.aborted) {
      tell('Ended at once. What is left on docker goes with: npx splitbrain down');
      process.exit(exitCode.interrupted);
    }
    tell('Interrupted: healing, collecting and reporting. Once more ends it at once.');
    controller.abort();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return controller.signal;
}
