/** One process of a soak: takes jobs, runs each in the simulator, and answers with what came of it. */
import type { Defect } from '../../node/contract/defect.ts';
import type { Outcome } from '../contracts/verdict.ts';
import { SplitbrainError } from '../errors.ts';
import { judge } from '../judge.ts';
import { makePlan, type PlanOptions } from '../plan.ts';
import { record } from '../run.ts';
import { simSubstrate } from '../substrate/sim/index.ts';

export interface SoakJob {
  readonly experiment: string;
  readonly seed: number;
  readonly overrides: Partial<
    Pick<PlanOptions, 'protocol' | 'bug' | 'mode' | 'malicious' | 'nodeCount' | 'durationMs' | 'rate'>
  >;
  /** A run with a planted bug, to see that the soak finds one: what it violates. Null for any other run. */
  readonly canary: Defect['violates'] | null;
}

export interface SoakResult {
  readonly job: SoakJob;
  readonly outcome: Outcome;
  readonly sentence: string;
  /** The load and all that came before and after it, in virtual milliseconds. */
  readonly virtualMs: number;
  readonly wallMs: number;
}

/** Runs one job. The check limits are in states, so that the verdict does not depend on how busy the machine is. */
export async function runJob(job: SoakJob): Promise<SoakResult> {
  const began = performance.now();
  const { capabilities } = simSubstrate;
  const plan = await makePlan(job.experiment, { seed: job.seed, substrate: 'sim', capabilities, ...job.overrides });
  const recording = await record(plan, simSubstrate, { signal: new AbortController().signal });
  const { outcome, sentence } = await judge(recording);
  const firstMs = recording.events[0]?.atMs ?? 0;
  const lastMs = recording.events.at(-1)?.atMs ?? 0;
  return { job, outcome, sentence, virtualMs: lastMs - firstMs, wallMs: performance.now() - began };
}

/** What a person can mend is a sentence; a fault of the lab itself comes with its stack. */
function explain(error: unknown): string {
  if (error instanceof SplitbrainError) return `${error.message}. ${error.advice}`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

if (process.send !== undefined) {
  process.on('message', (job: SoakJob) => {
    runJob(job)
      .catch((error: unknown): SoakResult => {
        const sentence = explain(error);
        return { job, outcome: 'LAB ERROR', sentence, virtualMs: 0, wallMs: 0 };
      })
      .then((result) => process.send?.(result));
  });
  // The parent is gone: nothing is left to do.
  process.on('disconnect', () => process.exit(0));
}
