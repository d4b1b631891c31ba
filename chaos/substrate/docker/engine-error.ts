/** What goes wrong with the engine, as sentences. */
import { EnvironmentError } from '../../errors.ts';

/** A call that failed, with the engine's own code where it gave one. */
export class EngineError extends EnvironmentError {
  readonly statusCode: number | undefined;

  constructor(message: string, advice: string, statusCode?: number) {
    super(message, advice);
    this.statusCode = statusCode;
  }
}

const mend = 'See: npx splitbrain doctor; what is left behind goes with: npx splitbrain down';

export function slowEngine(limitMs: number): EngineError {
  return new EngineError(`the Docker engine did not answer in ${limitMs / 1000} s`, mend);
}

/** Says why the engine does not answer, and what to do. */
export function engineError(error: unknown): EngineError {
  if (error instanceof EngineError) return error;
  const { code, message, statusCode } = error as { code?: string; message?: string; statusCode?: number };
  switch (code) {
    case 'ENOENT':
    case 'ECONNREFUSED':
      return new EngineError('no Docker engine runs here', 'Start Docker, then see: npx splitbrain doctor');
    case 'EACCES':
      return new EngineError(
        'the Docker engine runs, but this user may not use it',
        'Add the user to the group docker, or use a rootless engine. Then log in anew.',
      );
    default:
      return new EngineError(`the Docker engine failed: ${message ?? String(error)}`, mend, statusCode);
  }
}
