/** A real etcd cluster on this machine: separate processes, durable as it is delivered. */
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { freeAddresses } from '../../../node/io/free-addresses.ts';
import { EnvironmentError } from '../../errors.ts';
import type { BenchSystem, ReplicaCounters } from '../contracts.ts';
import { endingWithParent, findEtcd } from './etcd-binary.ts';
import { EtcdMember, type MemberAddresses } from './etcd-member.ts';
import { readPrometheus, sumOf } from './prometheus.ts';

const startLimitMs = 30_000;
const readLimitMs = 5000;
/** Another process may take a port between its choice and its use. */
const maxStarts = 3;

export interface EtcdOptions {
  readonly nodes: number;
  /** Data and logs are kept here. */
  readonly folder: string;
  /** Ends the start, not the cluster. */
  readonly signal?: AbortSignal;
}

/**
 * Starts the members, and returns when one of them leads and all know it. They end with this process, where the system
 * can do that (see `endingWithParent`); where it cannot, unless this process is killed.
 *
 * @throws EnvironmentError where there is no etcd, or it does not come up; then no process of it is left
 */
export async function startEtcd(options: EtcdOptions): Promise<BenchSystem> {
  const command = await endingWithParent(findEtcd());
  const names = Array.from({ length: options.nodes }, (_, index) => `etcd${index + 1}`);
  const used = names.map((name) => join(options.folder, name)).find((folder) => existsSync(folder));
  if (used !== undefined) throw new EnvironmentError(`there is something at ${used} already`, 'Name an empty folder.');
  for (let start = 1; ; start += 1) {
    options.signal?.throwIfAborted();
    const members = await startMembers(command, names, options.folder);
    const cluster = new EtcdCluster(members);
    try {
      await cluster.ready(options.signal);
      return cluster;
    } catch (error) {
      await cluster.close();
      if (start === maxStarts || !members.some((member) => /address already in use/.test(member.logEnd()))) throw error;
      for (const name of names) rmSync(join(options.folder, name), { recursive: true, force: true });
    }
  }
}

async function startMembers(
  command: readonly [string, ...string[]],
  names: readonly string[],
  folder: string,
): Promise<EtcdMember[]> {
  const addresses = await freeAddresses(2 * names.length);
  const all: MemberAddresses[] = names.map((name, index) => {
    const [client = '', peer = ''] = addresses.slice(2 * index);
    return { name, client, peer };
  });
  return all.map((member) => new EtcdMember({ command, folder, member, all }));
}

class EtcdCluster implements BenchSystem {
  readonly name = 'etcd';
  version = '';
  readonly endpoints: Readonly<Record<string, string>>;
  readonly #members: readonly EtcdMember[];

  constructor(members: readonly EtcdMember[]) {
    this.#members = members;
    this.endpoints = Object.fromEntries(members.map(({ name, client }) => [name, client]));
  }

  async ready(signal: AbortSignal | undefined): Promise<void> {
    const deadlineMs = performance.now() + startLimitMs;
    while (!(await this.#agreed())) {
      signal?.throwIfAborted();
      const ended = this.#members.find((member) => member.hasEnded);
      if (ended !== undefined) throw startFailed(`${ended.name} ended`, ended);
      if (performance.now() > deadlineMs) throw startFailed(`no leader in ${startLimitMs / 1000} s`, this.#members[0]);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    this.version = await readVersion(this.#members[0]?.client ?? '');
  }

  /** All know a leader, and one is it. */
  async #agreed(): Promise<boolean> {
    const known = await Promise.all(
      this.#members.map(({ client }) =>
        readPrometheus(`http://${client}/metrics`, 1000).then(
          (page) => ({ has: sumOf(page, 'etcd_server_has_leader'), is: sumOf(page, 'etcd_server_is_leader') }),
          () => ({ has: 0, is: 0 }),
        ),
      ),
    );
    return known.every(({ has }) => has === 1) && known.filter(({ is }) => is === 1).length === 1;
  }

  counters(): Promise<readonly ReplicaCounters[]> {
    return Promise.all(this.#members.map((member) => countersOf(member)));
  }

  /** One after the other: a leader hands over before it ends, and waits for seconds if the others are ending, too. */
  async close(): Promise<void> {
    for (const member of this.#members) await member.end();
  }
}

async function countersOf({ name, client, logFile }: EtcdMember): Promise<ReplicaCounters> {
  const page = await readPrometheus(`http://${client}/metrics`, readLimitMs).catch((error: Error) => {
    throw new EnvironmentError(`${name} does not tell its counters: ${error.message}`, `Its log is ${logFile}.`);
  });
  return {
    node: name,
    leads: sumOf(page, 'etcd_server_is_leader') === 1,
    cpuSeconds: sumOf(page, 'process_cpu_seconds_total'),
    memoryBytes: sumOf(page, 'process_resident_memory_bytes'),
    syncs: sumOf(page, 'etcd_disk_wal_fsync_duration_seconds_count'),
    sentMessages: null,
    sentBytes: sumOf(page, 'etcd_network_peer_sent_bytes_total'),
    ...{ batches: null, signatures: null, verifications: null },
  };
}

async function readVersion(address: string): Promise<string> {
  const response = await fetch(`http://${address}/version`, { signal: AbortSignal.timeout(readLimitMs) });
  const { etcdserver } = (await response.json()) as { readonly etcdserver?: string };
  return etcdserver ?? 'unknown';
}

function startFailed(why: string, member: EtcdMember | undefined): EnvironmentError {
  return new EnvironmentError(
    `etcd did not come up: ${why}. ${member?.logEnd() ?? ''}`,
    member === undefined ? 'Ask for one member at least.' : `The whole log is ${member.logFile}.`,
  );
}
