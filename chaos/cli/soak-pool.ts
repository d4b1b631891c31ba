/** Runs the jobs of a soak on several processes. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { SoakJob, SoakResult } from './soak-worker.ts';

const isSource = import.meta.url.endsWith('.ts');
const workerFile = fileURLToPath(new URL(isSource ? './soak-worker.ts' : './soak-worker.js', import.meta.url));

/** One job may take this long; a process that does not come back is ended, and its job is a lab error. */
const jobLimitMs = 300_000;

export interface PoolOptions {
  readonly jobs: Iterator<SoakJob>;
  readonly processes: number;
  readonly signal: AbortSignal;
  readonly onResult: (result: SoakResult) => void;
}

/** Resolves when there are no more jobs, or the signal is aborted; no process of its own is left then. */
export async function runPool(options: PoolOptions): Promise<void> {
  await Promise.all(Array.from({ length: options.processes }, () => runLane(options)));
}

/** One process after the other (a new one where one broke), each taking job after job. */
async function runLane({ jobs, signal, onResult }: PoolOptions): Promise<void> {
  let child: ChildProcess | undefined;
  for (let next = jobs.next(); next.done !== true && !signal.aborted; next = jobs.next()) {
    child ??= startWorker();
    const result = await runOn(child, next.value, signal);
    if (result === null) break;
    onResult(result);
    if (result.outcome === 'LAB ERROR') {
      child.kill('SIGKILL');
      child = undefined;
    }
  }
  child?.kill('SIGKILL');
}

function startWorker(): ChildProcess {
  const execArgv = isSource ? ['--import', import.meta.resolve('tsx')] : [];
  return fork(workerFile, { execArgv, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
}

/** The result of a job; null where the soak was interrupted meanwhile. */
function runOn(child: ChildProcess, job: SoakJob, signal: AbortSignal): Promise<SoakResult | null> {
  return new Promise((resolve) => {
    const finish = (result: SoakResult | null) => {
      clearTimeout(timer);
      child.off('message', onMessage);
      child.off('exit', onExit);
      signal.removeEventListener('abort', onAbort);
      resolve(result);
    };
    const broken = (sentence: string): SoakResult => ({ job, outcome: 'LAB ERROR', sentence, virtualMs: 0, wallMs: 0 });
    const onMessage = (message: unknown) => finish(message as SoakResult);
    const onExit = (code: number | null) => finish(broken(`its process ended with ${code ?? 'a signal'}`));
    const onAbort = () => finish(null);
    const timer = setTimeout(() => finish(broken(`it took longer than ${jobLimitMs / 1000} s`)), jobLimitMs);
    child.on('message', onMessage);
    child.on('exit', onExit);
    signal.addEventListener('abort', onAbort);
    child.send(job);
  });
}
