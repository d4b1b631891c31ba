/** Options that several commands share: one place for their names, defaults and errors. */
import { InvalidArgumentError, Option } from 'commander';
import { namesOf } from '../catalog.ts';
import type { Plan } from '../contracts/plan.ts';
import { IncapableError, UsageError } from '../errors.ts';
import { parseDuration } from '../experiment.ts';
import { type MaliciousChoice, whyBesideModel } from '../malice.ts';
import { makePlan, type PlanOptions } from '../plan.ts';
import { maxSeed } from '../random.ts';

export function integer(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`wants a whole number from ${min} to ${max}.`);
  };
}

function positive(text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0 && value <= 1_000_000) return value;
  throw new InvalidArgumentError('wants a positive number, up to 1000000.');
}

export function durationMs(text: string): number {
  const ms = parseDuration(text);
  if (ms !== null && ms > 0 && ms <= 48 * 3_600_000) return ms;
  throw new InvalidArgumentError('wants a duration such as 30s, 500ms or 2m, up to 48h.');
}

function folder(text: string): string {
  if (text.trim() !== '') return text;
  throw new InvalidArgumentError('wants the path of a folder.');
}

export const options = {
  on: () =>
    new Option('--on <substrate>', 'where to run').choices(['sim', 'docker']).default('sim').env('SPLITBRAIN_ON'),
  protocol: () => new Option('--protocol <name>', 'the protocol of the replicas').env('SPLITBRAIN_PROTOCOL'),
  bug: () => new Option('--bug <name>', 'plant a bug in every replica (see: list bugs)').env('SPLITBRAIN_BUG'),
  storage: () =>
    new Option('--storage <name>', "on docker: what keeps the replicas' logs (see: list storages)").env(
      'SPLITBRAIN_STORAGE',
    ),
  mode: () =>
    new Option('--mode <name>', 'how the replicas come to a decision, where the protocol has several ways').env(
      'SPLITBRAIN_MODE',
    ),
  nodes: (
    help = "how many replicas; where absent the experiment's number, or else the protocol's; on docker time-outs and limits grow with it beyond five, up to four times",
  ) => new Option('--nodes <count>', help).argParser(integer(1, 200)).env('SPLITBRAIN_NODES'),
  malicious: () =>
    new Option(
      '--malicious <who>',
      'who is malicious, such as n4=equivocate,n3=mute; or a behaviour alone, for those of the experiment, or for as many as the protocol stands (see: list behaviours)',
    ).env('SPLITBRAIN_MALICIOUS'),
  seed: () =>
    new Option('--seed <number>', 'decides everything that is drawn; drawn and printed where absent')
      .argParser(integer(0, maxSeed))
      .env('SPLITBRAIN_SEED'),
  duration: () =>
    new Option('--duration <time>', 'how long the load lasts, such as 30s')
      .argParser(durationMs)
      .env('SPLITBRAIN_DURATION'),
  rate: () =>
    new Option('--rate <number>', 'operations per second of all clients').argParser(positive).env('SPLITBRAIN_RATE'),
  out: () =>
    new Option('--out <folder>', 'the results folder').argParser(folder).default('results').env('SPLITBRAIN_OUT'),
} as const;

/** The values of the options above, as commander gives them. */
export interface PlanFlags {
  readonly on: 'sim' | 'docker';
  readonly protocol?: string;
  readonly bug?: string;
  readonly storage?: string;
  readonly mode?: string;
  readonly nodes?: number;
  readonly malicious?: string;
  readonly seed?: number;
  readonly duration?: number;
  readonly rate?: number;
}

/** The flags in the names of `makePlan`; absent ones stay absent. */
export function planOverrides({ protocol, bug, storage, mode, nodes, malicious, duration, rate }: PlanFlags) {
  return {
    ...(malicious === undefined ? {} : { malicious: maliciousChoice(malicious) }),
    ...(protocol === undefined ? {} : { protocol }),
    ...(bug === undefined ? {} : { bug }),
    ...(storage === undefined ? {} : { storage }),
    ...(mode === undefined ? {} : { mode }),
    ...(nodes === undefined ? {} : { nodeCount: nodes }),
    ...(duration === undefined ? {} : { durationMs: duration }),
    ...(rate === undefined ? {} : { rate }),
  };
}

/** @throws UsageError where it is neither replicas with their behaviours, nor one behaviour */
function maliciousChoice(text: string): MaliciousChoice {
  if (!/[=,]/.test(text)) return text;
  const choice: Record<string, string> = {};
  for (const pair of text.split(',')) {
    const [, node = '', behaviour = ''] = /^([^=\s]+)=([^=\s]+)$/.exec(pair.trim()) ?? [];
    if (node === '' || node in choice) {
      throw new UsageError(
        `--malicious "${text}" does not say once of each replica how it behaves`,
        'Say it like: --malicious n4=equivocate,n3=mute',
      );
    }
    choice[node] = behaviour;
  }
  return choice;
}

/**
 * The experiments that a command line asks for.
 *
 * @throws UsageError where it names none, or names some beside all
 */
export function chosenExperiments(names: readonly string[], all: boolean): readonly string[] {
  if (all && names.length > 0) {
    throw new UsageError('--all and the name of an experiment do not go together', 'Leave one of them out.');
  }
  if (all) return namesOf('experiment');
  if (names.length > 0) return names;
  throw new UsageError(
    'no experiment is named',
    'Name one, or say --all. See them with: npx splitbrain list experiments',
  );
}

/**
 * The plan of one experiment. Of all experiments, one that cannot be run so is left out: null, and `leaveOut` is told why.
 * Where there is no `leaveOut` it is an error.
 */
export async function planUnlessLeftOut(
  experiment: string,
  choices: PlanOptions,
  leaveOut: ((why: string) => void) | undefined,
): Promise<Plan | null> {
  try {
    const plan = await makePlan(experiment, choices);
    const why = leaveOut === undefined ? null : await whyBesideModel(plan);
    if (why === null) return plan;
    leaveOut?.(`${experiment} is left out: ${why}`);
    return null;
  } catch (error) {
    if (leaveOut === undefined || !(error instanceof IncapableError)) throw error;
    leaveOut(`${experiment} is left out: ${error.message}`);
    return null;
  }
}

/**
 * That nothing was run is no pass.
 *
 * @throws UsageError where every experiment was left out
 */
export function requireSome(left: readonly unknown[]): void {
  if (left.length > 0) return;
  throw new UsageError(
    'every experiment was left out, and nothing is left to run',
    'Give it a longer --duration, or another --protocol.',
  );
}
