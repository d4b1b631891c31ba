/** One member of an etcd cluster: a process of its own, with a folder for its data and a file for its log. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { endProcess, hasEnded } from './child-process.ts';

export interface MemberAddresses {
  readonly name: string;
  /** Both `host:port`. */
  readonly client: string;
  readonly peer: string;
}

export interface MemberOptions {
  /** The program, and what comes before it. */
  readonly command: readonly [string, ...string[]];
  readonly folder: string;
  readonly member: MemberAddresses;
  readonly all: readonly MemberAddresses[];
}

export class EtcdMember {
  readonly name: string;
  readonly client: string;
  readonly logFile: string;
  readonly #child: ChildProcess;
  #startProblem = '';

  constructor(options: MemberOptions) {
    const { command, folder, member } = options;
    this.name = member.name;
    this.client = member.client;
    this.logFile = join(folder, `${member.name}.log`);
    mkdirSync(folder, { recursive: true });
    const log = openSync(this.logFile, 'a');
    const [program, ...args] = command;
    this.#child = spawn(program, [...args, ...flagsOf(options)], {
      env: plainEnvironment(),
      stdio: ['ignore', log, log],
      // A Ctrl-C at a terminal goes to the whole group, and the parent says what happens.
      detached: true,
    });
    closeSync(log);
    this.#child.on('error', (error) => {
      this.#startProblem = error.message;
    });
    process.once('exit', this.#kill);
  }

  get hasEnded(): boolean {
    return this.#startProblem !== '' || hasEnded(this.#child);
  }

  /** The last lines of its log, as one line for people. */
  logEnd(): string {
    const lines = readFileSync(this.logFile, 'utf8').trim().split('\n').slice(-3).map(readable);
    return [this.#startProblem, ...lines].filter((line) => line !== '').join(' | ');
  }

  /** Asks it to stop, and ends it where it does not. */
  async end(): Promise<void> {
    process.off('exit', this.#kill);
    await endProcess(this.#child);
  }

  readonly #kill = (): void => {
    this.#child.kill('SIGKILL');
  };
}

function flagsOf({ folder, member, all }: MemberOptions): string[] {
  const client = `http://${member.client}`;
  const peer = `http://${member.peer}`;
  const flags = {
    name: member.name,
    'data-dir': join(folder, member.name),
    'listen-client-urls': client,
    'advertise-client-urls': client,
    'listen-peer-urls': peer,
    'initial-advertise-peer-urls': peer,
    'initial-cluster': all.map(({ name, peer }) => `${name}=http://${peer}`).join(','),
    'initial-cluster-state': 'new',
    // All else stays as it is delivered. But 2 GiB, after which etcd refuses to write, are filled by minutes of load.
    'quota-backend-bytes': `${8 * 2 ** 30}`,
    // 3.4 has another log unless it is asked for the one of later versions.
    logger: 'zap',
  };
  return Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
}

/** etcd takes every flag from the environment, too, and refuses to start where both say something. */
function plainEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('ETCD_')));
}

/** What a line of the log says, which is JSON for the most part. */
function readable(line: string): string {
  try {
    const { msg, error } = JSON.parse(line) as { readonly msg?: string; readonly error?: string };
    if (msg !== undefined) return error === undefined ? msg : `${msg}: ${error}`;
  } catch {
    // A crash is no JSON.
  }
  return line.slice(0, 300);
}
