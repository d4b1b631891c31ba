import { spawn } from 'node:child_process';
import { appendFileSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { loadExperiment, namesOf, unknownName } from '../../catalog.ts';
import type { Plan } from '../../contracts/plan.ts';
import type { Verdict } from '../../contracts/verdict.ts';
import { exitCode, UsageError } from '../../errors.ts';
import { worstExitCode } from '../../judge.ts';
import { drawSeed, maxSeed } from '../../random.ts';
import { type Executed, execute, substrateOf, tellVerdict } from '../execute.ts';
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
import { requireWritable } from '../results.ts';
import { print, tell } from '../terminal.ts';

interface RunFlags extends PlanFlags {
  readonly all?: boolean;
  readonly repeat: number;
  readonly out: string;
  readonly reporter?: string[];
  readonly open: 'never' | 'on-failure' | 'always';
  readonly keepUp?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

export default function register(program: Command): void {
  program
    .command('run')
    .summary('run experiments and leave their results')
    .description('Runs experiments, one after the other, judges them, and leaves results/<run>/ with the report.')
    .argument('[experiment...]', 'names from the library, or paths of experiment files')
    .option('--all', 'every experiment of the library')
    .addOption(options.on())
    .addOption(options.protocol())
    .addOption(options.bug())
    .addOption(options.mode())
    .addOption(options.storage())
    .addOption(options.nodes())
    .addOption(options.malicious())
    .addOption(options.seed())
    .addOption(options.duration())
    .addOption(options.rate())
    .addOption(new Option('--repeat <times>', 'with seed, seed + 1, ...').argParser(integer(1, 100_000)).default(1))
    .addOption(options.out())
    .option('--reporter <name...>', 'only these reports (see: list reporters)')
    .addOption(
      new Option('--open <when>', 'open the report').choices(['never', 'on-failure', 'always']).default('never'),
    )
    .option('--keep-up', 'on docker: leave the lab running at the end (see: status, down)')
    .option('--dry-run', 'print the plan and run nothing')
    .option('--json', 'print each result as JSON on stdout')
    .addHelpText('after', '\nExample: npx splitbrain run leader-isolated --seed 7 --nodes 3')
    .action(run);
}

async function run(names: string[], flags: RunFlags): Promise<void> {
  const experiments = chosenExperiments(names, flags.all === true);
  checkReporters(flags.reporter ?? []);
  if (flags.keepUp === true && flags.on === 'sim') {
    throw new UsageError('the simulator has nothing to keep up', 'Leave --keep-up out, or run it with: --on docker');
  }
  const seed = flags.seed ?? drawSeed();
  tell(`seed ${seed}`);
  const plans = await makePlans(experiments, seed, flags);
  if (flags.dryRun === true) {
    print(JSON.stringify(plans, null, 2));
    return;
  }
  requireWritable(flags.out);
  await runAll(plans, flags);
}

function checkReporters(names: readonly string[]): void {
  const known = namesOf('reporter');
  const wrong = names.find((name) => !known.includes(name));
  if (wrong !== undefined) throw unknownName('reporter', wrong, known, 'npx splitbrain list reporters');
}

/**
 * All plans are made first: a wrong name or parameter anywhere is found before anything runs. Of all experiments, those
 * that the substrate or the protocol cannot carry out, or that have no time for a strike, are left out, and named.
 */
async function makePlans(experiments: readonly string[], firstSeed: number, flags: RunFlags): Promise<Plan[]> {
  const { capabilities } = await substrateOf(flags.on);
  const plans: Plan[] = [];
  for (let round = 0; round < flags.repeat; round += 1) {
    const seed = (firstSeed + round) % (maxSeed + 1);
    const tellOnce = round === 0 ? tell : () => {};
    for (const experiment of experiments) {
      const choices = { seed, substrate: flags.on, capabilities, ...planOverrides(flags) };
      const plan = await planUnlessLeftOut(experiment, choices, flags.all === true ? tellOnce : undefined);
      if (plan === null) continue;
      plans.push(plan);
      if (flags.nodes === undefined) tellOtherCount(plan, loadExperiment(experiment).experiment.nodes, tellOnce);
    }
  }
  requireSome(plans);
  return plans;
}

/** Tells that a protocol cannot do with as many replicas as an experiment's file says. */
function tellOtherCount(plan: Plan, own: number | undefined, tellOnce: (text: string) => void): void {
  const { experimentName, protocol, nodes } = plan;
  if (own === undefined || own === nodes.length) return;
  tellOnce(
    `${experimentName} runs with ${nodes.length} replicas: "${protocol}" cannot run with the ${own} of its file`,
  );
}

async function runAll(plans: readonly Plan[], flags: RunFlags): Promise<void> {
  const signal = interruptSignal();
  const began = performance.now();
  const verdicts: Verdict[] = [];
  for (const plan of plans) {
    if (signal.aborted) break;
    const executed = await execute(plan, {
      results: flags.out,
      signal,
      keepUp: flags.keepUp === true,
      ...(flags.reporter === undefined ? {} : { reporters: flags.reporter }),
    });
    verdicts.push(executed.verdict);
    tellVerdict(executed);
    if (flags.keepUp === true)
      tell('  the lab is still up: npx splitbrain status. Remove it with: npx splitbrain down');
    if (flags.json === true) {
      const { outcome, sentence } = executed.verdict;
      print(
        JSON.stringify({
          experiment: plan.experimentName,
          seed: plan.seed,
          outcome,
          sentence,
          folder: executed.folder,
        }),
      );
    }
    summariseForGithub(executed);
    if (flags.open === 'always' || (flags.open === 'on-failure' && executed.verdict.outcome !== 'PASS')) {
      openFile(join(executed.folder, 'report.html'));
    }
  }
  if (plans.length > 1) {
    const passed = verdicts.filter(({ outcome }) => outcome === 'PASS').length;
    tell(`${passed} of ${plans.length} passed in ${((performance.now() - began) / 1000).toFixed(1)} s`);
  }
  process.exitCode = signal.aborted ? exitCode.interrupted : worstExitCode(verdicts.map((verdict) => verdict.exitCode));
}

const maxGithubSummaryBytes = 900_000;

/** Adds the run's summary to the summary of a GitHub Actions job, for as long as it fits. */
function summariseForGithub({ folder }: Executed): void {
  const file = process.env['GITHUB_STEP_SUMMARY'];
  if (file === undefined || file === '') return;
  try {
    const summary = readFileSync(join(folder, 'summary.md'));
    const used = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
    if (used + summary.length <= maxGithubSummaryBytes) appendFileSync(file, summary);
  } catch (error) {
    tell(`The job summary could not be written: ${(error as Error).message}`);
  }
}

function openFile(file: string): void {
  const opener = { darwin: 'open', win32: 'explorer' }[process.platform as string] ?? 'xdg-open';
  const child = spawn(opener, [file], { stdio: 'ignore', detached: true });
  child.on('error', () => tell(`${opener} is not here; open ${file} by hand.`));
  child.unref();
}
