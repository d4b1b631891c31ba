/**
 * Finds protocols, bugs, storage engines, faults, targets, workloads, checkers, reporters, experiments, and the workloads
 * and drivers of the benchmark by their names, which are the names of their files. Nothing is registered anywhere: a new file is enough.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { closest, distance } from 'fastest-levenshtein';
import type { Defect } from '../node/contract/defect.ts';
import type { ProtocolDefinition } from '../node/contract/definition.ts';
import { behaviourNames, loadBehaviour as loadBehaviourFile } from '../node/io/behaviours.ts';
import type { Engine } from '../node/io/engines/engine.ts';
import { engineNames, loadEngine } from '../node/io/engines.ts';
import { packageRoot } from '../node/io/package-root.ts';
import type { NamedBehaviour } from '../node/malice/kit/malicious-replica.ts';
import type { BenchWorkload, DriverDefinition } from './bench/contracts.ts';
import type { Fault, Target } from './contracts/faults.ts';
import type { Reporter } from './contracts/report.ts';
import type { Checker } from './contracts/verdict.ts';
import type { Workload } from './contracts/workloads.ts';
import { UsageError } from './errors.ts';
import { type Experiment, parseExperiment } from './experiment.ts';

/** The folder of this file: `chaos`, or `dist/chaos` where the code was compiled. */
const chaosFolder = dirname(fileURLToPath(import.meta.url));
const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js';

const folders = {
  fault: join(chaosFolder, 'faults'),
  target: join(chaosFolder, 'targets'),
  workload: join(chaosFolder, 'workloads'),
  checker: join(chaosFolder, 'checkers'),
  reporter: join(chaosFolder, 'reporters'),
  'bench-workload': join(chaosFolder, 'bench', 'workloads'),
  driver: join(chaosFolder, 'bench', 'drivers'),
  protocol: join(chaosFolder, '..', 'node', 'protocols'),
  experiment: join(packageRoot, 'experiments'),
} as const;

export type Kind = keyof typeof folders;

function filesIn(folder: string, ending: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((file) => file.endsWith(ending) && !file.includes('.test.') && !file.endsWith('.d.ts'))
    .map((file) => file.slice(0, -ending.length))
    .sort();
}

/** The names of a kind, in alphabetical order. */
export function namesOf(kind: Kind): string[] {
  const folder = folders[kind];
  if (kind === 'experiment') return filesIn(folder, '.yml');
  if (kind !== 'protocol') return filesIn(folder, extension);
  return readdirSync(folder)
    .filter((name) => existsSync(join(folder, name, `index${extension}`)))
    .sort();
}

/** The names of the planted bugs of a protocol. */
export function bugNamesOf(protocol: string): string[] {
  return filesIn(join(folders.protocol, protocol, 'defects'), extension);
}

/** An error for a name that does not exist: says which do, and which was probably meant. */
export function unknownName(what: string, name: string, known: readonly string[], listCommand: string): UsageError {
  const near = known.length > 0 ? closest(name, [...known]) : undefined;
  const meant = near !== undefined && distance(near, name) <= Math.max(2, name.length / 3) ? near : undefined;
  const question = meant === undefined ? '' : ` Did you mean "${meant}"?`;
  return new UsageError(`there is no ${what} "${name}".${question}`, `See them all with: ${listCommand}`);
}

function requireName(kind: Kind, name: string): void {
  const known = namesOf(kind);
  if (!known.includes(name)) throw unknownName(kind, name, known, `npx splitbrain list ${kind}s`);
}

const loaded = new Map<string, Promise<unknown>>();

async function load<T>(file: string): Promise<T> {
  let module = loaded.get(file);
  if (module === undefined) {
    module = import(pathToFileURL(file).href).then((namespace: { default: unknown }) => namespace.default);
    loaded.set(file, module);
  }
  return (await module) as T;
}

function loadNamed<T>(kind: Kind, name: string): Promise<T> {
  requireName(kind, name);
  return load<T>(join(folders[kind], `${name}${extension}`));
}

export const loadFault = (name: string) => loadNamed<Fault<unknown>>('fault', name);
export const loadTarget = (name: string) => loadNamed<Target>('target', name);
export const loadWorkload = (name: string) => loadNamed<Workload<unknown>>('workload', name);
export const loadChecker = (name: string) => loadNamed<Checker>('checker', name);
export const loadReporter = (name: string) => loadNamed<Reporter>('reporter', name);
export const loadBenchWorkload = (name: string) => loadNamed<BenchWorkload>('bench-workload', name);
export const loadDriver = (name: string) => loadNamed<DriverDefinition>('driver', name);

export async function loadProtocol(name: string): Promise<ProtocolDefinition<unknown, unknown>> {
  requireName('protocol', name);
  return load(join(folders.protocol, name, `index${extension}`));
}

export async function loadDefect(protocol: string, bug: string): Promise<Defect> {
  requireName('protocol', protocol);
  const known = bugNamesOf(protocol);
  if (!known.includes(bug)) throw unknownName(`planted bug of ${protocol}`, bug, known, 'npx splitbrain list bugs');
  return load(join(folders.protocol, protocol, 'defects', `${bug}${extension}`));
}

export function loadStorage(name: string): Promise<Engine> {
  const known = engineNames();
  if (!known.includes(name)) throw unknownName('storage', name, known, 'npx splitbrain list storages');
  return loadEngine(name);
}

export async function loadBehaviour(name: string): Promise<NamedBehaviour> {
  const known = behaviourNames();
  if (!known.includes(name)) throw unknownName('malicious behaviour', name, known, 'npx splitbrain list behaviours');
  return loadBehaviourFile(name);
}

/** An experiment of the library by its name, or any by the path of its file (with a slash or an ending). */
export function loadExperiment(nameOrPath: string): { readonly name: string; readonly experiment: Experiment } {
  const isPath = /[/\\]|\.ya?ml$/.test(nameOrPath);
  if (!isPath) requireName('experiment', nameOrPath);
  const file = isPath ? resolve(nameOrPath) : join(folders.experiment, `${nameOrPath}.yml`);
  if (!existsSync(file)) {
    throw new UsageError(
      `there is no experiment file ${file}`,
      'See those of the library with: npx splitbrain list experiments',
    );
  }
  const name = basename(file).replace(/\.ya?ml$/, '');
  if (!/^[a-z0-9][a-z0-9-]{0,59}$/.test(name)) {
    throw new UsageError(
      `"${name}" is not a name for an experiment`,
      'Name the file with small letters, digits and hyphens, at most 60.',
    );
  }
  return { name, experiment: parseExperiment(readExperimentFile(file), file) };
}

function readExperimentFile(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${(error as Error).message}`, 'Check the path and its permissions.');
  }
}
