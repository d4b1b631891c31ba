/** The results folder: the only place where the lab writes. Each file appears whole or not at all. */
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { unknownName } from '../catalog.ts';
import type { Recording } from '../contracts/events.ts';
import type { Plan } from '../contracts/plan.ts';
import type { ReportFile } from '../contracts/report.ts';
import { EnvironmentError, UsageError } from '../errors.ts';
import { parseRecording, type recordingFileNames } from '../recording-files.ts';

/** Makes a folder and all above it. Not with `recursive`: that never returns for a folder in /proc (Node 20). */
function makeFolder(folder: string): void {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true) return;
  const above = dirname(folder);
  if (above !== folder) makeFolder(above);
  try {
    mkdirSync(folder);
  } catch (error) {
    // Another process may have made it meanwhile.
    if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) throw error;
  }
}

/** Makes sure that results can be written, before anything runs. */
export function requireWritable(folder: string): void {
  try {
    makeFolder(resolve(folder));
    accessSync(folder, constants.W_OK | constants.X_OK);
    const probe = join(folder, `.probe-${process.pid}`);
    writeFileSync(probe, '');
    unlinkSync(probe);
  } catch (error) {
    throw new EnvironmentError(
      `the results folder ${resolve(folder)} cannot be written: ${(error as Error).message}`,
      'Choose another one with --out, or mend its permissions.',
    );
  }
}

/** Makes the folder of a run: `<utc>-<experiment>-<protocol>-<seed>`. */
export function makeRunFolder(
  results: string,
  plan: Pick<Plan, 'experimentName' | 'protocol' | 'seed'>,
  startedAt: Date,
): string {
  const stamp = startedAt.toISOString().replace(/[-:]/g, '').replace(/\.\d+/, '');
  const name = `${stamp}-${plan.experimentName}-${plan.protocol}-${plan.seed}`;
  for (let copy = 1; ; copy += 1) {
    const folder = join(results, copy === 1 ? name : `${name}-${copy}`);
    try {
      mkdirSync(folder);
      return folder;
    } catch (error) {
      // The same run in the same second, in this process or in another.
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') continue;
      throw new EnvironmentError(
        `the folder ${folder} cannot be made: ${(error as Error).message}`,
        'Make room on the disk, or choose another folder with --out.',
      );
    }
  }
}

/** Writes files, each whole or not at all. */
export function writeFiles(folder: string, files: readonly ReportFile[]): void {
  for (const { name, content } of files) {
    const file = join(folder, name);
    const part = join(dirname(file), `.${basename(file)}.part`);
    try {
      if (dirname(file) !== folder) mkdirSync(dirname(file), { recursive: true });
      writeFileSync(part, content);
      renameSync(part, file);
    } catch (error) {
      rmSync(part, { force: true });
      throw new EnvironmentError(
        `${file} could not be written: ${(error as Error).message}`,
        'Make room on the disk, or choose another folder with --out.',
      );
    }
  }
}

/** Points `latest` at a run. Where links cannot be made, `latest` is found by name instead. */
export function markLatest(results: string, folder: string): void {
  const link = join(results, 'latest');
  try {
    rmSync(link, { force: true });
    symlinkSync(basename(folder), link);
  } catch {
    // `latest` is a convenience; see `findRun`.
  }
}

/** The names of the runs in a results folder, oldest first. */
export function runNames(results: string): string[] {
  return entriesOf(results)
    .filter((name) => existsSync(join(results, name, 'schedule.json')) && name !== 'latest')
    .sort();
}

function entriesOf(results: string): string[] {
  if (!existsSync(results)) return [];
  try {
    return readdirSync(results);
  } catch (error) {
    throw new EnvironmentError(
      `the results folder ${resolve(results)} cannot be read: ${(error as Error).message}`,
      'Choose another one with --out.',
    );
  }
}

/** The folder of a run: by its name, by its path, or `latest`. */
export function findRun(results: string, run: string): string {
  const names = runNames(results);
  if (run === 'latest') {
    const link = join(results, 'latest');
    try {
      const target = readlinkSync(link);
      if (existsSync(join(results, target, 'schedule.json'))) return join(results, target);
    } catch {
      // No link: the newest by name.
    }
    const newest = names.at(-1);
    if (newest === undefined) {
      throw new UsageError(
        `there is no run in ${resolve(results)}`,
        'Make one with: npx splitbrain run rolling-failures',
      );
    }
    return join(results, newest);
  }
  for (const folder of [join(results, run), run]) {
    if (existsSync(join(folder, 'schedule.json'))) return folder;
  }
  throw unknownName('run', run, names, 'npx splitbrain list runs');
}

/** Reads a run back from its folder alone. */
export function readRun(folder: string): Recording {
  return parseRecording((name) => ({ file: join(folder, name), text: readRunFile(folder, name) }));
}

export function readRunFile(folder: string, name: (typeof recordingFileNames)[number]): string {
  const file = join(folder, name);
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${(error as Error).message}`, 'Name a complete run.');
  }
}
