/** Our replicas as separate processes on this machine: the process that runs in a container, with its log on a disk. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freeAddresses } from '../../../node/io/free-addresses.ts';
import { heapFlags } from '../../../node/io/heap-flags.ts';
import { packageRoot, packageVersion } from '../../../node/io/package-root.ts';
import { drawKeys, keySettings, type RunKeys } from '../../../node/io/run-keys.ts';
import type { NodeSettingsInput } from '../../../node/io/settings.ts';
import { readStatus } from '../../../node/io/status-page.ts';
import { loadProtocol } from '../../catalog.ts';
import { EnvironmentError } from '../../errors.ts';
import type { BenchSystem, ReplicaCounters } from '../contracts.ts';
import { type OwnSystem, ownName } from '../own-systems.ts';
import { endProcess, hasEnded } from './child-process.ts';
import { readReplicaCounters } from './replica-counters.ts';

const isSource = import.meta.url.endsWith('.ts');
const mainFile = fileURLToPath(new URL(isSource ? '../../../node/main.ts' : '../../../node/main.js', import.meta.url));
const bootLimitMs = 30_000;

export interface ReplicasOptions extends Omit<OwnSystem, 'name'> {
  readonly nodes: number;
  /** Logs, both kinds, are kept here. */
  readonly folder: string;
  /** More arguments of Node itself, for profiles. */
  readonly execArgv?: readonly string[];
  readonly signal: AbortSignal;
}

/**
 * The time-outs are etcd's defaults, so that a machine which is busy with the load elects nobody anew: a heartbeat each 100
 * ms, an election after 1 s at the earliest.
 */
export const timeouts = {
  heartbeatIntervalMs: 100,
  electionTimeoutMs: [1000, 2000],
} satisfies Partial<NodeSettingsInput>;

interface Member {
  readonly id: string;
  readonly settings: NodeSettingsInput;
  readonly child: ChildProcess;
  readonly logFile: string;
}

/** Starts the replicas, and returns when one of them leads. */
export async function startReplicas(options: ReplicasOptions): Promise<BenchSystem> {
  const { protocol, nodes } = options;
  const ids = Array.from({ length: nodes }, (_, index) => `n${index + 1}`);
  const keys = drawKeys(ids, await loadProtocol(protocol));
  const members = (await settingsOf(ids, keys, options)).map((settings) => startMember(settings, options));
  const system = new Replicas(ownName(options), members, keys?.client.privateKey);
  try {
    await system.ready(options.signal);
    return system;
  } catch (error) {
    await system.close();
    throw error;
  }
}

async function settingsOf(
  ids: readonly string[],
  keys: RunKeys | undefined,
  { protocol, mode, storage, folder }: ReplicasOptions,
): Promise<NodeSettingsInput[]> {
  const addresses = await freeAddresses(4 * ids.length);
  const token = randomBytes(24).toString('base64url');
  const runId = `bench-${randomBytes(4).toString('hex')}`;
  const listens = ids.map((id, index) => {
    const [peer, client, control, metrics] = addresses.slice(4 * index, 4 * index + 4);
    if (!peer || !client || !control || !metrics) throw new Error('there are too few addresses');
    return { id, listen: { peer, client, control, metrics } };
  });
  return listens.map(({ id, listen }) => ({
    runId,
    id,
    members: [...ids],
    protocol,
    ...(mode === undefined ? {} : { mode }),
    ...timeouts,
    trace: false,
    endsWithStdin: true,
    dataFolder: join(folder, id),
    ...(storage === undefined ? {} : { engine: storage }),
    listen,
    peers: Object.fromEntries(listens.flatMap((other) => (other.id === id ? [] : [[other.id, other.listen.peer]]))),
    token,
    ...keySettings(keys, id),
  }));
}

function startMember(settings: NodeSettingsInput, { folder, execArgv = [] }: ReplicasOptions): Member {
  const { id } = settings;
  mkdirSync(folder, { recursive: true });
  const logFile = join(folder, `${id}.log`);
  const log = openSync(logFile, 'a');
  const loader = isSource ? ['--import', import.meta.resolve('tsx')] : [];
  const child = spawn(process.execPath, [...heapFlags, ...loader, ...execArgv, mainFile], {
    cwd: packageRoot,
    env: {
      PATH: process.env['PATH'] ?? '',
      SPLITBRAIN_NODE: JSON.stringify(settings),
    },
    // A Ctrl-C at a terminal goes to the whole group, and the parent says what happens. Its end closes this pipe.
    stdio: ['pipe', log, log],
    detached: true,
  });
  closeSync(log);
  child.stdin?.on('error', () => {});
  // One that could not be started has no process id; see `hasEnded`.
  child.on('error', () => {});
  return { id, settings, child, logFile };
}

class Replicas implements BenchSystem {
  readonly name: string;
  readonly version = packageVersion();
  readonly endpoints: Readonly<Record<string, string>>;
  readonly clientKey: string | undefined;
  readonly #members: readonly Member[];

  constructor(name: string, members: readonly Member[], clientKey: string | undefined) {
    this.name = name;
    this.clientKey = clientKey;
    this.#members = members;
    this.endpoints = Object.fromEntries(members.map(({ id, settings }) => [id, settings.listen.client]));
  }

  async ready(signal: AbortSignal): Promise<void> {
    const deadlineMs = performance.now() + bootLimitMs;
    while (!(await this.#agreed())) {
      signal.throwIfAborted();
      const ended = this.#members.find(({ child }) => hasEnded(child));
      if (ended !== undefined) throw bootFailed(`${ended.id} ended`, ended);
      if (performance.now() > deadlineMs) throw bootFailed(`no leader in ${bootLimitMs / 1000} s`, this.#members[0]);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** Every replica answers and knows the same leader. */
  async #agreed(): Promise<boolean> {
    const leaders = await Promise.all(
      this.#members.map(({ settings }) =>
        readStatus(settings.listen.metrics, 1000).then(
          ({ leader }) => leader,
          () => null,
        ),
      ),
    );
    return leaders[0] !== null && leaders.every((leader) => leader === leaders[0]);
  }

  counters(): Promise<readonly ReplicaCounters[]> {
    return Promise.all(this.#members.map(countersOf));
  }

  async close(): Promise<void> {
    await Promise.all(this.#members.map(({ child }) => endProcess(child)));
  }
}

function countersOf({ id, settings, logFile }: Member): Promise<ReplicaCounters> {
  return readReplicaCounters(id, settings.listen.metrics).catch((error: Error) => {
    throw new EnvironmentError(`${id} does not tell its counters: ${error.message}`, `Its log is ${logFile}.`);
  });
}

function bootFailed(why: string, member: Member | undefined): EnvironmentError {
  const log = member === undefined ? '' : readFileSync(member.logFile, 'utf8').trim().split('\n').slice(-3).join(' | ');
  return new EnvironmentError(
    `the replicas did not come up: ${why}. ${log}`,
    `The whole log is ${member?.logFile ?? 'gone'}.`,
  );
}
