/** For tests: runs the command as a person does, in a process of its own, with a clean environment. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { packageRoot } from '../../node/io/package-root.ts';

export interface Ended {
  /** Null where the process did not end in time, and was killed. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface SpawnOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** The file that is run; the command itself where it is absent. */
  readonly main?: string;
  /** Ends a process that takes longer, in milliseconds. */
  readonly limitMs?: number;
  /** Called with what has come on stderr so far, and a way to send a signal. */
  readonly onStderr?: (text: string, send: (signal: NodeJS.Signals) => void) => void;
}

export const mainFile = join(packageRoot, 'chaos', 'cli', 'splitbrain.mjs');
const defaultLimitMs = 160_000;

/** The environment without anything that changes what the command does or prints; compiled, where the tests were set up so. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const ours = /^(SPLITBRAIN_|GITHUB_|VITEST|CI$|NODE_ENV$|NODE_OPTIONS$|FORCE_COLOR$|NO_COLOR$)/;
  const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !ours.test(name)));
  return process.env['SPLITBRAIN_TEST_COMPILED'] === '1' ? { ...clean, SPLITBRAIN_COMPILED: '1' } : clean;
}

/** Runs `splitbrain` with these arguments, and waits until it has ended. */
export function splitbrain(args: readonly string[], options: SpawnOptions = {}): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [options.main ?? mainFile, ...args], {
      cwd: options.cwd ?? packageRoot,
      env: { ...cleanEnvironment(), ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: options.limitMs ?? defaultLimitMs,
      killSignal: 'SIGKILL',
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
      options.onStderr?.(stderr, (signal) => child.kill(signal));
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

/** A folder of a test's own. */
export class Scratch {
  readonly path = mkdtempSync(join(tmpdir(), 'splitbrain-test-'));
  #count = 0;

  /** A path in it that does not exist. */
  fresh(): string {
    this.#count += 1;
    return join(this.path, `out-${this.#count}`);
  }

  write(name: string, text: string): string {
    const file = join(this.path, name);
    writeFileSync(file, text);
    return file;
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** The folders of the runs in a results folder, without `latest`. */
export function runsIn(results: string): string[] {
  if (!existsSync(results)) return [];
  return readdirSync(results)
    .filter((name) => name !== 'latest')
    .sort()
    .map((name) => join(results, name));
}

/** The only run in a results folder. */
export function onlyRun(results: string): string {
  const [run, ...others] = runsIn(results);
  if (run === undefined || others.length > 0)
    throw new Error(`there are ${others.length + 1} or no runs in ${results}`);
  return run;
}

export function textOf(...path: string[]): string {
  return readFileSync(join(...path), 'utf8');
}

/** What is told of surroundings that fail: a sentence that says what and why, and the next step; never a stack trace. */
export function expectSentence(
  { code, stderr }: { code: number | null; stderr: string },
  what: RegExp,
  mend: RegExp,
): void {
  expect({ code, stderr }).toMatchObject({ code: 5 });
  expect(stderr).toMatch(what);
  expect(stderr).toMatch(mend);
  expect(stderr).not.toMatch(/^\s+at .*:\d+:\d+/m);
}
