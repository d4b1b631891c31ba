/** Measures the pace of the simulator and where its time goes. Nothing is written here. */
import { InterruptedError } from '../../errors.ts';
import { count } from '../../words.ts';
import { areaOf } from '../profile/areas.ts';
import { profiled, withSourceLines } from '../profile/record.ts';
import { type CpuProfile, type ProfileSummary, summarise } from '../profile/summarise.ts';
import { type Spread, spreadOf } from '../reports/figures.ts';
import { type RunSettings, type RunTimes, type RunWork, timeRun } from './pace.ts';

export interface SimBenchSettings extends Omit<RunSettings, 'nodes'> {
  /** The numbers of replicas to measure. */
  readonly nodes: readonly number[];
  /** How often each is measured; they take turns. */
  readonly rounds: number;
  /** No round begins after this time; the first one always does. */
  readonly budgetMs: number;
}

export interface SimBenchOptions {
  readonly signal: AbortSignal;
  /** Called with a line for people now and then. */
  readonly onProgress: (line: string) => void;
  /** Called with the whole profile of each size. */
  readonly onProfile?: (nodes: number, profile: CpuProfile) => void;
}

export interface SizeResult {
  readonly nodes: number;
  readonly work: RunWork;
  /** In the order in which they were made; the figures below are of all of them. */
  readonly rounds: readonly RunTimes[];
  /** Virtual seconds in a second of recording. */
  readonly virtualPerSecond: Spread;
  /** Virtual seconds in a second of all that makes a run, as a soak counts them. */
  readonly virtualPerSecondJudged: Spread;
  /** One after the other on one core, each planned, recorded and judged. */
  readonly runsPerMinute: Spread;
  /** Of the simulator's clock, in a second of recording. */
  readonly clockEventsPerSecond: Spread;
  readonly cpuPercent: Spread;
  /** Where the time of whole runs goes, from runs that were not timed; the functions that take most of it. */
  readonly profile: ProfileSummary;
}

/** So many functions are kept of a profile. */
const mostFunctions = 30;

/** Short runs are repeated for so long, to warm up (V8 compiles what is hot) and to fill a profile. */
const leastMs = 1000;

/**
 * Measures each size: some runs to warm up, then the rounds, then the profile.
 *
 * @throws UsageError where the experiment cannot be run so
 * @throws InterruptedError where the signal is aborted
 */
export async function benchSim(settings: SimBenchSettings, options: SimBenchOptions): Promise<SizeResult[]> {
  const { signal, onProgress, onProfile } = options;
  const sizes = settings.nodes.map((nodes) => new Size({ ...settings, nodes }, signal));
  onProgress('warming up');
  for (const size of sizes) await size.repeat();
  await measureRounds(sizes, settings, onProgress);
  onProgress('profiling');
  const results: SizeResult[] = [];
  for (const size of sizes) {
    const profile = await size.profile();
    onProfile?.(size.settings.nodes, profile);
    const summary = summarise(withSourceLines(profile), areaOf);
    results.push(size.result({ ...summary, functions: summary.functions.slice(0, mostFunctions) }));
  }
  return results;
}

/** Sizes take turns, so that a while in which the machine is busy falls on all of them. */
async function measureRounds(
  sizes: readonly Size[],
  { rounds, budgetMs }: SimBenchSettings,
  onProgress: SimBenchOptions['onProgress'],
): Promise<void> {
  const endMs = performance.now() + budgetMs;
  for (let round = 1; round <= rounds; round += 1) {
    if (round > 1 && performance.now() > endMs) {
      onProgress(`the time is up: ${round - 1} of ${rounds} rounds were made`);
      return;
    }
    for (const size of sizes) await size.measure();
    const paces = sizes.map((size) => `${count(size.settings.nodes, 'replica')} ${size.lastPace()}`);
    onProgress(`round ${round} of ${rounds}, virtual s/s: ${paces.join(', ')}`);
  }
}

/** One number of replicas. */
class Size {
  readonly settings: RunSettings;
  readonly #signal: AbortSignal;
  readonly #rounds: RunTimes[] = [];
  #work: RunWork | undefined;

  constructor({ experiment, seed, nodes, durationMs }: RunSettings, signal: AbortSignal) {
    this.settings = { experiment, seed, nodes, durationMs };
    this.#signal = signal;
  }

  async #run(): Promise<RunTimes> {
    const { recordMs, runMs, cpuPercent, ...work } = await timeRun(this.settings, this.#signal);
    if (this.#signal.aborted) throw new InterruptedError('the measurement is not complete, and nothing is written');
    this.#work ??= work;
    // Times of different work cannot be compared; and something is wrong with the simulator.
    if (JSON.stringify(work) !== JSON.stringify(this.#work)) throw new Error('the same seed made a different run');
    return { recordMs, runMs, cpuPercent };
  }

  async measure(): Promise<void> {
    this.#rounds.push(await this.#run());
  }

  lastPace(): string {
    const last = this.#rounds.at(-1);
    return last === undefined ? '' : pace(done(this.#work).virtualMs / last.recordMs);
  }

  /** Makes runs for at least a second. */
  async repeat(): Promise<void> {
    const untilMs = performance.now() + leastMs;
    do await this.#run();
    while (performance.now() < untilMs);
  }

  profile(): Promise<CpuProfile> {
    return profiled(() => this.repeat());
  }

  result(profile: ProfileSummary): SizeResult {
    const work = done(this.#work);
    const spread = (value: (times: RunTimes) => number) => done(spreadOf(this.#rounds.map(value)));
    return {
      nodes: this.settings.nodes,
      work,
      rounds: this.#rounds,
      virtualPerSecond: spread(({ recordMs }) => work.virtualMs / recordMs),
      virtualPerSecondJudged: spread(({ runMs }) => work.virtualMs / runMs),
      runsPerMinute: spread(({ runMs }) => 60_000 / runMs),
      clockEventsPerSecond: spread(({ recordMs }) => (1000 * work.clockEvents) / recordMs),
      cpuPercent: spread(({ cpuPercent }) => cpuPercent),
      profile,
    };
  }
}

function done<T>(value: T | null | undefined): T {
  if (value === null || value === undefined) throw new Error('nothing was run yet');
  return value;
}

/** Whole numbers where they say enough. */
export function pace(value: number): string {
  return value < 10 ? value.toFixed(1) : value.toFixed(0);
}
