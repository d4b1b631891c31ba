/** The pace of the simulator: whole runs of one experiment, timed, at several numbers of replicas. */
import type { Substrate } from '../../contracts/cluster.ts';
import type { Outcome } from '../../contracts/verdict.ts';
import { judge } from '../../judge.ts';
import { makePlan } from '../../plan.ts';
import { record } from '../../run.ts';
import { SimClock } from '../../substrate/sim/clock.ts';
import { simSubstrate } from '../../substrate/sim/index.ts';

/** What is run. The same seed makes the same run each time, so that only the machine makes a difference. */
export interface RunSettings {
  readonly experiment: string;
  readonly seed: number;
  readonly nodes: number;
  readonly durationMs: number;
}

/** What a run consists of: the same each time. */
export interface RunWork {
  readonly outcome: Outcome;
  readonly exitCode: number;
  /** From the first event to the last: the load, and all that comes before and after it. */
  readonly virtualMs: number;
  /** How often the simulator's clock moved on to something: a timer, a message, a sync. */
  readonly clockEvents: number;
  /** Operations of clients. */
  readonly operations: number;
  /** Facts of the replicas and of the lab that were recorded. */
  readonly recordedEvents: number;
}

/** What one run took. */
export interface RunTimes {
  /** From the boot to the end of the read-back, everything recorded in memory. */
  readonly recordMs: number;
  /** The plan, the recording, and the verdict of every checker: what a soak counts as one run. Nothing is written. */
  readonly runMs: number;
  /** Of one core, in percent, in all of the run; V8 collects garbage on other cores too. */
  readonly cpuPercent: number;
}

export function planOf({ experiment, seed, nodes, durationMs }: RunSettings) {
  const { capabilities } = simSubstrate;
  return makePlan(experiment, { seed, substrate: 'sim', capabilities, nodeCount: nodes, durationMs });
}

/** Makes one run and times it. Aborted, the run ends early, and its times mean nothing. */
export async function timeRun(settings: RunSettings, signal: AbortSignal): Promise<RunWork & RunTimes> {
  const cpuBefore = process.cpuUsage();
  const beganMs = performance.now();
  const plan = await planOf(settings);
  const { substrate, clockEvents } = countingSubstrate();
  const recordBeganMs = performance.now();
  const recording = await record(plan, substrate, { signal });
  const recordMs = performance.now() - recordBeganMs;
  const { outcome, exitCode } = await judge(recording);
  const runMs = performance.now() - beganMs;
  const { user, system } = process.cpuUsage(cpuBefore);
  const { history, events } = recording;
  return {
    outcome,
    exitCode,
    virtualMs: (events.at(-1)?.atMs ?? 0) - (events[0]?.atMs ?? 0),
    clockEvents: clockEvents(),
    operations: history.filter(({ type }) => type === 'invoke').length,
    recordedEvents: events.length,
    recordMs,
    runMs,
    cpuPercent: (user + system) / 10 / runMs,
  };
}

/** The simulator, and how many events the clock of the last cluster that it booted has run. */
function countingSubstrate(): { readonly substrate: Substrate; readonly clockEvents: () => number } {
  let clock: unknown;
  const substrate: Substrate = {
    ...simSubstrate,
    boot: async (...args) => {
      const cluster = await simSubstrate.boot(...args);
      clock = cluster.clock;
      return cluster;
    },
  };
  return { substrate, clockEvents: () => (clock instanceof SimClock ? clock.eventCount : 0) };
}
