/** `docker compose up`, with a limit, and a sentence for what goes wrong. */
import { $, type ProcessOutput, type ProcessPromise } from 'zx';
import { EnvironmentError } from '../../errors.ts';

/** The images are there before: only containers are made. */
const upLimitMs = 120_000;

/**
 * Creates and starts what a compose file says. Returns when everything was started, healthy or not.
 *
 * @param text - the file; it holds secrets, and is never on disk
 * @param signal - ends it
 * @throws EnvironmentError
 */
export async function composeUp(project: string, text: string, image: string, signal: AbortSignal): Promise<void> {
  const [command = '', ...first] = (await findCompose()).command;
  const env = { ...process.env, SPLITBRAIN_IMAGE: image };
  const settings = { nothrow: true, quiet: true, input: text, env } as const;
  const up = $(settings)`${command} ${first} -p ${project} -f - up -d --pull never --no-build`;
  const result = await within({ limitMs: upLimitMs, signal }, up);
  if (signal.aborted || result?.exitCode === 0) return;
  throw result === null ? slowCompose() : composeError(result.stderr || result.stdout);
}

/** Waits for a command, and ends it with all that it started when it takes too long or `signal` is aborted; then null. */
export async function within(
  { limitMs, signal }: { readonly limitMs: number; readonly signal: AbortSignal },
  running: ProcessPromise,
): Promise<ProcessOutput | null> {
  const over = AbortSignal.any([signal, AbortSignal.timeout(limitMs)]);
  // It may have ended by itself meanwhile.
  const end = () => void running.kill('SIGKILL').catch(() => {});
  if (over.aborted) end();
  over.addEventListener('abort', end, { once: true });
  const result = await running;
  over.removeEventListener('abort', end);
  return over.aborted && result.exitCode !== 0 ? null : result;
}

function slowCompose(): EnvironmentError {
  return new EnvironmentError(`docker compose up did not end in ${upLimitMs / 1000} s`, 'See: npx splitbrain doctor');
}

export interface Compose {
  readonly command: readonly string[];
  /** 2 or later; `dev` where it was built from source; null where there is none. */
  readonly version: string | null;
}

/** The plugin of the Docker CLI; else the program of its own, which is all that our image has. */
export async function findCompose(): Promise<Compose> {
  const [plugin, program] = [['docker', 'compose'], ['docker-compose']];
  const version = await composeVersion(plugin);
  return version === null ? { command: program, version: await composeVersion(program) } : { command: plugin, version };
}

async function composeVersion([command = '', ...first]: readonly string[]): Promise<string | null> {
  const bounded = { nothrow: true, quiet: true, timeout: '10s', timeoutSignal: 'SIGKILL' } as const;
  const result = await $(bounded)`${command} ${first} version --short`;
  const version = result.stdout.trim().replace(/^v/, '');
  return result.exitCode === 0 && version !== '' && !version.startsWith('1.') ? version : null;
}

/** The first that takes the content of a config from the compose file itself. */
export const oldestCompose = '2.23.1';

/** Whether a version is too old; one that is no version (`dev`) is not. */
export function isTooOld(version: string): boolean {
  const numbers = (text: string) => text.split(/[.-]/).slice(0, 3).map(Number);
  const [have, want] = [numbers(version), numbers(oldestCompose)];
  const at = want.findIndex((number, index) => have[index] !== number);
  return at !== -1 && (have[at] ?? 0) < (want[at] ?? 0);
}

/** Not `system prune`: that removes the crashed replicas of a live run. */
export const makeRoom = 'Make room on the disk: docker image prune; docker builder prune';

const mends: readonly { readonly sign: RegExp; readonly mend: string }[] = [
  {
    sign: /no such image|pull access denied|manifest unknown|failed to resolve/i,
    mend: 'Build or pull the image that is missing: npx splitbrain doctor',
  },
  { sign: /no space left/i, mend: makeRoom },
  {
    sign: /port is already allocated|address already in use/i,
    mend: 'Another program has the port: end it, or see npx splitbrain doctor.',
  },
  { sign: /could not find an available.*address pool|all predefined address pools/i, mend: 'docker network prune' },
  { sign: /permission denied.*docker\.sock/i, mend: 'Add the user to the group docker. Then log in anew.' },
  { sign: /additional propert.*content/i, mend: `Docker Compose ${oldestCompose} or newer is needed.` },
  {
    sign: /is not a docker command|unknown shorthand flag|command not found|ENOENT/i,
    mend: `Install Docker Compose ${oldestCompose} or newer.`,
  },
];

/** The last lines of what Compose said, and the mend for what is known to go wrong. */
export function composeError(output: string): EnvironmentError {
  const lines = output.split('\n').filter((line) => line.trim() !== '');
  const said = lines.slice(-3).join(' ').slice(-600);
  const mend = mends.find(({ sign }) => sign.test(output))?.mend ?? 'See: npx splitbrain doctor';
  return new EnvironmentError(`docker compose up failed: ${said}`, mend);
}
