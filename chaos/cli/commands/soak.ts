import { availableParallelism } from 'node:os';
import { type Command, Option } from 'commander';
import { createLogUpdate } from 'log-update';
import type { Defect } from '../../../node/contract/defect.ts';
import { bugNamesOf, loadDefect, loadExperiment } from '../../catalog.ts';
import { exitCode, UsageError } from '../../errors.ts';
import { isByExperiment } from '../../finders.ts';
import { worstExitCode } from '../../judge.ts';
import { maliciousWords } from '../../malice.ts';
import type { PlanOptions } from '../../plan.ts';
import { maxSeed } from '../../random.ts';
import { simSubstrate } from '../../substrate/sim/index.ts';
import { interruptSignal } from '../interrupt.ts';
import {
  chosenExperiments,
  integer,
  options,
  type PlanFlags,
  planOverrides,
  planUnlessLeftOut,
  requireSome,
} from '../options.ts';
import { soakBugs } from '../soak-bugs.ts';
import { runPool } from '../soak-pool.ts';
import type { SoakJob, SoakResult } from '../soak-worker.ts';
import { commandLine, outcomeMark, print, tell } from '../terminal.ts';

interface SoakFlags extends PlanFlags {
  readonly all?: boolean;
  readonly bugs?: string;
  readonly seeds?: number;
  readonly budget?: number;
  readonly jobs: number;
  readonly untilFailure?: boolean;
  readonly json?: boolean;
}

/** Every so many runs, one with a planted bug is added; a soak that does not find it has failed. */
const canaryEvery = 100;
const defaultSeeds = 100;
const defaultBugSeeds = 2000;

export default function register(program: Command): void {
  program
    .command('soak')
    .summary('many seeds in the simulator, on all cores')
    .description(
      'Runs experiments on many seeds in the simulator and prints the seed of each failure. One run in a hundred has a planted bug; a soak that does not find it has failed.',
    )
    .argument('[experiment...]', 'names from the library, or paths of experiment files; of bugs with --bugs')
    .option('--all', 'every experiment of the library')
    .option('--bugs <protocol>', 'planted bugs of a protocol (all, or those named), each until its experiment shows it')
    .addOption(
      new Option(
        '--seeds <count>',
        `seeds for each experiment (${defaultSeeds}; at most ${defaultBugSeeds} with --bugs)`,
      ).argParser(integer(1, 10_000_000)),
    )
    .addOption(options.seed().default(1, 'the first seed'))
    .addOption(options.protocol())
    .addOption(options.bug())
    .addOption(options.mode())
    .addOption(options.nodes())
    .addOption(options.malicious())
    .addOption(options.duration())
    .addOption(options.rate())
    .addOption(new Option('--budget <seconds>', 'stop after this time').argParser(integer(1, 7 * 86_400)))
    .addOption(new Option('--jobs <count>', 'processes').argParser(integer(1, 256)).default(availableParallelism()))
    .option('--until-failure', 'stop at the first failure')
    .option('--json', 'print the totals as JSON on stdout')
    .action(soak);
}

async function soak(names: string[], flags: SoakFlags): Promise<void> {
  if (flags.bugs !== undefined) {
    await lookForBugs(names, flags.bugs, flags);
    return;
  }
  const firstSeed = flags.seed ?? 1;
  const overrides = planOverrides({ ...flags, on: 'sim' });
  const chosen = chosenExperiments(names, flags.all === true);
  const experiments = await runnable(chosen, flags.all === true, { seed: firstSeed, ...overrides });
  const seeds = flags.seeds ?? defaultSeeds;
  tell(
    `seeds ${firstSeed} to ${firstSeed + seeds - 1} of ${experiments.length} experiment(s), ${flags.jobs} process(es)`,
  );
  const canaries = flags.bug === undefined ? await canariesOf(flags.protocol, experiments) : [];
  const total = seeds * experiments.length;
  const tally = new Tally(total + (canaries.length > 0 ? Math.floor(total / canaryEvery) : 0), flags);
  const stop = stopSignal(flags.budget);
  await runPool({
    jobs: jobsOf(experiments, firstSeed, seeds, overrides, canaries),
    processes: flags.jobs,
    signal: stop.signal,
    onResult: (result) => {
      tally.add(result);
      if (flags.untilFailure === true && tally.failed > 0) stop.abort();
    },
  });
  tally.end();
  process.exitCode = stop.interrupted() ? exitCode.interrupted : tally.exitCode();
}

/** A wrong name or parameter is found before anything runs. Of all experiments, those that cannot be run so are left out, and named. */
async function runnable(
  names: readonly string[],
  all: boolean,
  choices: Omit<PlanOptions, 'substrate' | 'capabilities'>,
): Promise<string[]> {
  const { capabilities } = simSubstrate;
  const experiments: string[] = [];
  for (const name of names) {
    const plan = await planUnlessLeftOut(name, { substrate: 'sim', capabilities, ...choices }, all ? tell : undefined);
    if (plan !== null) experiments.push(name);
  }
  requireSome(experiments);
  return experiments;
}

/** Each bug has its own experiment: what is named beside the protocol are bugs. */
async function lookForBugs(names: readonly string[], protocol: string, flags: SoakFlags): Promise<void> {
  const { all, bug, mode, nodes, duration, rate, untilFailure } = flags;
  const others = { all, bug, mode, nodes, duration, rate, 'until-failure': untilFailure };
  const given = Object.entries(others).find(([, value]) => value !== undefined);
  if (given !== undefined) {
    throw new UsageError(
      `--bugs does not go with --${given[0]}: each bug has an experiment of its own, and seeds from 1 on`,
      'Leave that out, or name bugs: --bugs raft stale-read',
    );
  }
  const stop = stopSignal(flags.budget);
  process.exitCode = await soakBugs({
    protocol,
    names,
    seeds: flags.seeds ?? defaultBugSeeds,
    processes: flags.jobs,
    signal: stop.signal,
    json: flags.json === true,
  });
}

/** Planted bugs with the experiment and the seed that find them; those that no experiment finds are left out. */
async function canariesOf(protocol: string | undefined, experiments: readonly string[]): Promise<SoakJob[]> {
  const name = protocol ?? loadExperiment(experiments[0] as string).experiment.protocol;
  const canaries: SoakJob[] = [];
  for (const bug of bugNamesOf(name)) {
    const { foundBy, violates }: Defect = await loadDefect(name, bug);
    if (!isByExperiment(foundBy)) continue;
    canaries.push({ ...foundBy, overrides: { protocol: name, bug }, canary: violates });
  }
  return canaries;
}

function* jobsOf(
  experiments: readonly string[],
  firstSeed: number,
  seedCount: number,
  overrides: SoakJob['overrides'],
  canaries: readonly SoakJob[],
): Generator<SoakJob, void> {
  let count = 0;
  for (let offset = 0; offset < seedCount; offset += 1) {
    const seed = (firstSeed + offset) % (maxSeed + 1);
    for (const experiment of experiments) {
      yield { experiment, seed, overrides, canary: null };
      count += 1;
      const canary = canaries[(count / canaryEvery - 1) % canaries.length];
      if (count % canaryEvery === 0 && canary !== undefined) yield canary;
    }
  }
}

/** Ends the soak on Ctrl-C, when its budget is spent, or when it is asked to. */
function stopSignal(budgetSeconds: number | undefined) {
  const interrupt = interruptSignal();
  const own = new AbortController();
  const timer = budgetSeconds === undefined ? undefined : setTimeout(() => own.abort(), budgetSeconds * 1000);
  timer?.unref();
  return {
    signal: AbortSignal.any([interrupt, own.signal]),
    abort: () => own.abort(),
    interrupted: () => interrupt.aborted,
  };
}

const redrawEveryMs = 500;
const lineEveryMs = 10_000;

/** Counts the results, shows progress, and prints each failure as it comes. */
class Tally {
  readonly #total: number;
  readonly #flags: SoakFlags;
  readonly #began = performance.now();
  readonly #codes: number[] = [];
  readonly #counts = new Map<string, number>();
  readonly #live = process.stderr.isTTY === true ? createLogUpdate(process.stderr) : null;
  #runs = 0;
  #virtualMs = 0;
  #workedMs = 0;
  #canaries = 0;
  #lastShown = 0;
  failed = 0;

  constructor(total: number, flags: SoakFlags) {
    this.#total = total;
    this.#flags = flags;
  }

  add(result: SoakResult): void {
    this.#runs += 1;
    this.#virtualMs += result.virtualMs;
    this.#workedMs += result.wallMs;
    if (result.job.canary !== null) this.#addCanary(result);
    else this.#addRun(result);
    const every = this.#live === null ? lineEveryMs : redrawEveryMs;
    if (performance.now() - this.#lastShown < every) return;
    this.#lastShown = performance.now();
    if (this.#live === null) tell(this.#line());
    else this.#live(this.#line());
  }

  #addRun(result: SoakResult): void {
    const { outcome, job, sentence } = result;
    this.#counts.set(outcome, (this.#counts.get(outcome) ?? 0) + 1);
    const codes = {
      PASS: 0,
      'FAIL (safety)': 1,
      INCONCLUSIVE: 2,
      'OUTSIDE FAULT MODEL': 2,
      'FAIL (liveness)': 3,
      'LAB ERROR': 5,
    } as const;
    this.#codes.push(codes[outcome]);
    if (outcome === 'PASS') return;
    this.failed += 1;
    this.#say(`${outcomeMark(outcome)}  ${job.experiment} seed ${job.seed}: ${sentence}\n  again: ${again(job)}`);
  }

  #addCanary({ job, outcome }: SoakResult): void {
    this.#canaries += 1;
    if (outcome === `FAIL (${job.canary})`) return;
    this.failed += 1;
    this.#codes.push(exitCode.environment);
    this.#say(`The planted bug ${job.overrides.bug} was not found (${outcome}).\n  again: ${again(job)}`);
  }

  #say(text: string): void {
    this.#live?.clear();
    tell(text);
  }

  #line(): string {
    const { runsPerMinute, virtualPerSecond } = this.#rates();
    return `${this.#runs} of ${this.#total} runs, ${this.failed} failed, ${runsPerMinute} runs/min, ${virtualPerSecond} virtual s/s per core`;
  }

  #rates() {
    const elapsedMs = performance.now() - this.#began;
    return {
      runsPerMinute: Math.round((this.#runs * 60_000) / elapsedMs),
      virtualPerSecond: Math.round(this.#virtualMs / Math.max(1, this.#workedMs)),
      virtualPerSecondInAll: Math.round(this.#virtualMs / elapsedMs),
    };
  }

  end(): void {
    this.#live?.clear();
    const counts = Object.fromEntries(this.#counts);
    const rates = this.#rates();
    if (this.#flags.json === true)
      print(JSON.stringify({ runs: this.#runs, counts, canaries: this.#canaries, ...rates }));
    const said = [...this.#counts].map(([outcome, count]) => `${outcome} ${count}`).join(', ');
    const canaries = this.#canaries === 0 ? '' : `; ${this.#canaries} runs with a planted bug`;
    tell(this.#runs === 0 ? 'No run came to its end, so nothing was tried.' : `${this.#runs} runs: ${said}${canaries}`);
    tell(
      `${rates.runsPerMinute} runs per minute; ${rates.virtualPerSecond} virtual seconds per second on one core, ${rates.virtualPerSecondInAll} in all`,
    );
  }

  /** A soak in which nothing ran proves nothing. */
  exitCode(): number {
    if (this.#runs === 0) return exitCode.inconclusive;
    return worstExitCode(this.#codes);
  }
}

/** The command that makes the run of a job again, with its report. */
function again({ experiment, seed, overrides }: SoakJob): string {
  const { protocol, bug, mode, nodeCount, malicious, durationMs, rate } = overrides;
  const flags = Object.entries({
    protocol,
    bug,
    mode,
    nodes: nodeCount,
    malicious: malicious && maliciousWords(malicious),
    duration: durationMs && `${durationMs}ms`,
    rate,
  });
  const words = flags.flatMap(([flag, value]) => (value === undefined ? [] : [`--${flag}`, String(value)]));
  return commandLine(['npx', 'splitbrain', 'run', experiment, '--seed', String(seed), ...words]);
}
