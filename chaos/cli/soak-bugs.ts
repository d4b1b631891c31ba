/** Looks for every planted bug of a protocol, seed after seed, and holds the correct version against the same seeds. */
import type { Defect } from '../../node/contract/defect.ts';
import { bugNamesOf, loadDefect, loadProtocol } from '../catalog.ts';
import type { Outcome } from '../contracts/verdict.ts';
import { exitCode } from '../errors.ts';
import { type ByTest, commandFor, isByExperiment, wayOf } from '../finders.ts';
import { runPool } from './soak-pool.ts';
import type { SoakJob, SoakResult } from './soak-worker.ts';
import { columns, print, tell } from './terminal.ts';

export interface BugSoakOptions {
  readonly protocol: string;
  /** The bugs to look for; all of the protocol's where there are none. */
  readonly names: readonly string[];
  readonly seeds: number;
  readonly processes: number;
  readonly signal: AbortSignal;
  readonly json: boolean;
}

/** What came of one bug. */
interface Finding {
  readonly bug: string;
  readonly experiment: string;
  /** The first seed that shows it, which is also how many it took; null where none did. */
  readonly seeds: number | null;
  readonly outcome: Outcome | null;
  /** The seeds up to that one on which the correct version did not pass. */
  readonly correctFailed: readonly number[];
}

/** A bug that an experiment is known to find. */
interface Sought {
  readonly bug: string;
  readonly defect: Defect;
  readonly experiment: string;
}

/** One that only a test finds: not looked for here, but named. */
interface FoundElsewhere {
  readonly bug: string;
  readonly foundBy: ByTest;
}

/** As a bug is found: what it breaks is what the verdict says. */
export function isFound({ violates }: Defect, outcome: Outcome): boolean {
  return outcome === `FAIL (${violates})`;
}

/** Prints the table of bugs, experiments and seeds; the exit code says whether all were found. */
export async function soakBugs(options: BugSoakOptions): Promise<number> {
  const { protocol, seeds, signal } = options;
  await loadProtocol(protocol);
  const bugs = options.names.length > 0 ? options.names : bugNamesOf(protocol);
  const { sought, elsewhere } = await sorted(protocol, bugs);
  tell(`${sought.length} planted bugs of ${protocol}, each on up to ${seeds} seeds of its experiment`);
  for (const each of elsewhere) tell(`${each.bug} is found by ${wayOf(each.foundBy)}: ${commandFor(each.bug, each)}`);
  const findings: Finding[] = [];
  for (const each of sought) {
    if (signal.aborted) break;
    const finding = await look(each, options);
    if (signal.aborted) break;
    findings.push(finding);
    tell(sentenceOf(finding));
  }
  print(options.json ? JSON.stringify([...findings, ...elsewhere]) : tableOf(findings, elsewhere));
  if (signal.aborted) return exitCode.interrupted;
  if (findings.some(({ correctFailed }) => correctFailed.length > 0)) return exitCode.safety;
  // Where nothing was looked for, nothing was proven.
  const allFound = findings.length > 0 && findings.every(({ seeds: found }) => found !== null);
  return allFound ? 0 : exitCode.inconclusive;
}

async function sorted(protocol: string, bugs: readonly string[]) {
  const sought: Sought[] = [];
  const elsewhere: FoundElsewhere[] = [];
  for (const bug of bugs) {
    const defect = await loadDefect(protocol, bug);
    const { foundBy } = defect;
    if (isByExperiment(foundBy)) sought.push({ bug, defect, experiment: foundBy.experiment });
    else elsewhere.push({ bug, foundBy });
  }
  return { sought, elsewhere };
}

async function look({ bug, defect, experiment }: Sought, options: BugSoakOptions): Promise<Finding> {
  const planted = await runSeeds(experiment, options.seeds, { protocol: options.protocol, bug }, options, (result) =>
    isFound(defect, result.outcome),
  );
  const [first] = planted.filter(({ outcome }) => isFound(defect, outcome)).sort((a, b) => a.job.seed - b.job.seed);
  const upTo = first?.job.seed ?? options.seeds;
  const correct = await runSeeds(experiment, upTo, { protocol: options.protocol }, options, () => false);
  const failed = correct.filter(({ outcome }) => outcome !== 'PASS').map(({ job }) => job.seed);
  const seeds = first?.job.seed ?? null;
  return { bug, experiment, seeds, outcome: first?.outcome ?? null, correctFailed: failed.sort((a, b) => a - b) };
}

/** Runs the seeds from 1 on, in order, and begins no more once one of them is enough. */
async function runSeeds(
  experiment: string,
  seeds: number,
  overrides: SoakJob['overrides'],
  { processes, signal }: BugSoakOptions,
  isEnough: (result: SoakResult) => boolean,
): Promise<SoakResult[]> {
  const results: SoakResult[] = [];
  let enough = false;
  function* jobs(): Generator<SoakJob, void> {
    for (let seed = 1; seed <= seeds && !enough; seed += 1) yield { experiment, seed, overrides, canary: null };
  }
  await runPool({
    jobs: jobs(),
    processes,
    signal,
    onResult: (result) => {
      results.push(result);
      enough ||= isEnough(result);
    },
  });
  return results;
}

function sentenceOf({ bug, experiment, seeds, correctFailed }: Finding): string {
  const found = seeds === null ? `was not found by ${experiment}` : `shows on seed ${seeds} of ${experiment}`;
  const correct = correctFailed.length === 0 ? '' : `; the correct version does not pass ${correctFailed.join(', ')}`;
  return `${bug} ${found}${correct}`;
}

function tableOf(findings: readonly Finding[], elsewhere: readonly FoundElsewhere[]): string {
  return columns([
    ['bug', 'experiment', 'seeds', 'verdict', 'without it'],
    ...findings.map(({ bug, experiment, seeds, outcome, correctFailed }) => [
      bug,
      experiment,
      seeds === null ? 'not found' : String(seeds),
      outcome ?? '',
      correctFailed.length === 0 ? 'passes all of these' : `does not pass ${correctFailed.length} of these`,
    ]),
    ...elsewhere.map(({ bug, foundBy }) => [bug, `none: ${wayOf(foundBy)}`, '', '', '']),
  ]);
}
