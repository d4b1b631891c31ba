/** Errors that a person caused or can mend. Each says what is wrong and what to do; the exit code follows from the class. */

/** Exit codes of the command line. */
export const exitCode = {
  ok: 0,
  safety: 1,
  inconclusive: 2,
  liveness: 3,
  usage: 4,
  environment: 5,
  interrupted: 130,
} as const;

export class SplitbrainError extends Error {
  readonly exitCode: number;
  /** What the person can do next. */
  readonly advice: string;

  constructor(message: string, advice: string, code: number) {
    super(message);
    this.exitCode = code;
    this.advice = advice;
  }
}

/** A wrong name, flag, file or configuration. Exit code 4. */
export class UsageError extends SplitbrainError {
  override readonly name: string = 'UsageError';
  constructor(message: string, advice: string) {
    super(message, advice, exitCode.usage);
  }
}

/** A substrate, a protocol or a group lacks what an experiment needs, or a run the time. Exit code 4, but for `--all`, which leaves that experiment out. */
export class IncapableError extends UsageError {}

/** The surroundings fail: a folder that cannot be written, no engine, a port that is taken. Exit code 5. */
export class EnvironmentError extends SplitbrainError {
  override readonly name = 'EnvironmentError';
  constructor(message: string, advice: string) {
    super(message, advice, exitCode.environment);
  }
}

/** A person ended it before there was anything to report. Exit code 130. */
export class InterruptedError extends SplitbrainError {
  override readonly name = 'InterruptedError';
  constructor(what: string) {
    super(`interrupted: ${what}`, 'Nothing is left running.', exitCode.interrupted);
  }
}
