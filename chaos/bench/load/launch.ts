/** The load generator, as the orchestrator sees it. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { heapFlags } from '../../../node/io/heap-flags.ts';
import { EnvironmentError, InterruptedError } from '../../errors.ts';
import type { LoadJob, LoadReport, LoadResult } from '../contracts.ts';
import type { GeneratorRequest } from './generator.ts';

const isSource = import.meta.url.endsWith('.ts');
const generatorFile = fileURLToPath(new URL(isSource ? './generator.ts' : './generator.js', import.meta.url));

/** How long a job may take beyond its own time (to connect, and to wait for what is under way), in milliseconds. */
const graceMs = 60_000;
/** How long the load phase may take, in milliseconds. */
const loadLimitMs = 300_000;

/** What is told while a job runs. */
export interface JobObserver {
  /** The measured time begins or ends. */
  readonly onMeasuring?: () => void;
  readonly onMeasured?: () => void;
  readonly onProgress?: (ok: number, elapsedMs: number) => void;
}

/** One process, which takes one job after the other. */
export class Generator {
  readonly #child: ChildProcess;
  readonly #signal: AbortSignal;
  /** How it ended, once it has. */
  #ended = '';

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    this.#child = fork(generatorFile, {
      execArgv: [...heapFlags, ...(isSource ? ['--import', import.meta.resolve('tsx')] : [])],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      // A Ctrl-C at a terminal goes to the whole group; the parent says what happens.
      detached: true,
    });
    this.#child.on('exit', (code) => {
      this.#ended = endOf(code);
    });
    // Whoever waits for it is told by other ways, and nobody else needs to know.
    this.#child.on('error', () => {});
  }

  /** Undefined where it could not be started. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /**
   * Carries out one job.
   *
   * @throws EnvironmentError where it fails, InterruptedError where the signal was aborted meanwhile
   */
  async run(job: LoadJob, observer: JobObserver = {}): Promise<LoadResult> {
    const limitMs = job.phase === 'load' ? loadLimitMs : job.warmupMs + job.durationMs + graceMs;
    const report = await this.#ask({ type: 'job', job }, limitMs, observer);
    if (report.type === 'done') return report.result;
    throw unexpected(report);
  }

  /** Writes the history of all jobs so far to a file; gives how many operations it holds. */
  async writeHistory(file: string): Promise<number> {
    const report = await this.#ask({ type: 'history', file }, graceMs, {});
    if (report.type === 'history') return report.operations;
    throw unexpected(report);
  }

  close(): void {
    this.#child.kill('SIGKILL');
  }

  #ask(request: GeneratorRequest, limitMs: number, observer: JobObserver): Promise<LoadReport> {
    const child = this.#child;
    return new Promise((resolve, reject) => {
      const finish = (settle: () => void) => {
        clearTimeout(timer);
        child.off('message', onMessage);
        child.off('exit', onExit);
        this.#signal.removeEventListener('abort', onAbort);
        settle();
      };
      const fail = (why: string) => finish(() => reject(failed(why)));
      const onMessage = (message: unknown) => {
        const report = message as LoadReport;
        if (report.type === 'measuring') observer.onMeasuring?.();
        else if (report.type === 'measured') observer.onMeasured?.();
        else if (report.type === 'progress') observer.onProgress?.(report.ok, report.elapsedMs);
        else if (report.type === 'failed') fail(report.error);
        else finish(() => resolve(report));
      };
      const onExit = (code: number | null) => fail(endOf(code));
      const onAbort = () => finish(() => reject(new InterruptedError('the benchmark was ended by its user')));
      const timer = setTimeout(() => fail(`it took longer than ${Math.round(limitMs / 1000)} s`), limitMs);
      if (this.#signal.aborted) return onAbort();
      if (this.#ended !== '') return fail(this.#ended);
      child.on('message', onMessage);
      child.on('exit', onExit);
      this.#signal.addEventListener('abort', onAbort);
      // One that was never started has no exit, which tells of all other reasons.
      child.send(request, (error) => {
        if (error !== null && child.pid === undefined) fail(error.message);
      });
    });
  }
}

function endOf(code: number | null): string {
  return `its process ended with ${code ?? 'a signal'}`;
}

function failed(why: string): EnvironmentError {
  return new EnvironmentError(
    `the load generator failed: ${why}`,
    'Look at the logs of the replicas, and run it again with fewer clients or a lower rate.',
  );
}

function unexpected({ type }: LoadReport): Error {
  return new Error(`the load generator answered with "${type}"`);
}
