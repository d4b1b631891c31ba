/** Real replica processes on 127.0.0.1, for tests. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CallOutcome, type ClientCommand, type ClientPorts, SessionClient } from '../client.ts';
import type { ClientPolicy } from '../contract/definition.ts';
import { systemClock, systemRandom } from './clock.ts';
import { ReplicaControl } from './control-client.ts';
import { eventually } from './fixture.ts';
import { freeAddresses } from './free-addresses.ts';
import { packageRoot } from './package-root.ts';
import { loadProtocol } from './protocols.ts';
import { ReplicaConnections } from './replica-connections.ts';
import { drawKeys, keySettings, type RunKeys, signingClients } from './run-keys.ts';
import type { NodeSettingsInput } from './settings.ts';

export const testToken = 'the token of this very run';

/** A line of a replica's stdout. */
export interface Line {
  readonly time: number;
  readonly level?: string;
  readonly msg?: string;
  readonly fact?: { readonly type: string; readonly [field: string]: unknown };
}

export interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
}

/** One process, from its start to its exit. */
export class Spawned {
  readonly lines: Line[] = [];
  readonly exited: Promise<Exit>;
  readonly #child: ChildProcess;

  constructor(environment: Record<string, string>) {
    this.#child = spawn(process.execPath, ['--import', 'tsx', join('node', 'main.ts')], {
      cwd: packageRoot,
      env: { PATH: process.env['PATH'] ?? '', ...environment },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let rest = '';
    this.#child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) this.lines.push(JSON.parse(line) as Line);
    });
    // 'close' comes after the last line.
    this.exited = new Promise((resolve) => this.#child.on('close', (code, signal) => resolve({ code, signal })));
  }

  facts(type: string): NonNullable<Line['fact']>[] {
    return this.lines.flatMap(({ fact }) => (fact?.type === type ? [fact] : []));
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }
}

/** How long processes may take to start, in milliseconds. */
const startTimeoutMs = 45_000;

/** As the protocols have it. */
const leadingRoles: ReadonlySet<string> = new Set(['leader', 'primary']);

export interface TestClusterOptions {
  readonly protocol?: string;
  readonly members?: readonly string[];
  /** Members of which no process is started. */
  readonly absent?: readonly string[];
  /** With what they sign, where the protocol does; drawn where absent. */
  readonly keys?: RunKeys | undefined;
  /** Whether clients believe what a quorum says of its states. */
  readonly quorumReads?: boolean;
}

/** Replicas, three where nothing else is said, and a connection to each. */
export class TestCluster {
  readonly members: readonly string[];
  readonly settings: Record<string, NodeSettingsInput> = {};
  readonly processes = new Map<string, Spawned>();
  readonly connections: ReplicaConnections;
  readonly #folder = mkdtempSync(join(tmpdir(), 'splitbrain-main-'));
  readonly #controls = new Map<string, ReplicaControl>();

  readonly #policy: ClientPolicy;
  readonly #keys: RunKeys | undefined;
  readonly #quorumReads: boolean;

  private constructor(
    { protocol = 'raft', quorumReads = false }: TestClusterOptions,
    members: readonly string[],
    policy: ClientPolicy,
    addresses: readonly string[],
    keys: RunKeys | undefined,
  ) {
    this.members = members;
    this.#policy = policy;
    this.#keys = keys;
    this.#quorumReads = quorumReads;
    const at = (index: number) => addresses[index] as string;
    for (const [index, id] of this.members.entries()) {
      const [peer, client, control, metrics] = [0, 1, 2, 3].map((part) => at(4 * index + part)) as [
        string,
        string,
        string,
        string,
      ];
      const others = this.members.flatMap((other, place) => (other === id ? [] : [[other, at(4 * place)] as const]));
      this.settings[id] = {
        runId: 'run-1',
        id,
        members: [...members],
        protocol,
        electionTimeoutMs: [300, 600],
        dataFolder: join(this.#folder, id),
        listen: { peer, client, control, metrics },
        peers: Object.fromEntries(others),
        token: testToken,
        quorumReads,
        ...keySettings(keys, id),
      };
      this.#controls.set(id, new ReplicaControl(control, testToken));
    }
    this.connections = new ReplicaConnections(
      Object.fromEntries(this.members.map((id) => [id, this.addressOf(id, 'client')])),
    );
  }

  static async start(options: TestClusterOptions = {}): Promise<TestCluster> {
    const { protocol = 'raft', members = ['n1', 'n2', 'n3'], absent = [] } = options;
    const definition = await loadProtocol(protocol);
    const keys = options.keys ?? drawKeys(members, definition);
    const addresses = await freeAddresses(4 * members.length);
    const cluster = new TestCluster(options, members, definition.client, addresses, keys);
    for (const id of cluster.members) if (!absent.includes(id)) cluster.start(id);
    try {
      await eventually(async () => (await cluster.leader()) !== undefined, 'a leader is elected', startTimeoutMs);
    } catch (error) {
      await cluster.close();
      throw error;
    }
    return cluster;
  }

  start(id: string): Spawned {
    const spawned = new Spawned({ SPLITBRAIN_NODE: JSON.stringify(this.settings[id]) });
    this.processes.set(id, spawned);
    return spawned;
  }

  process(id: string): Spawned {
    return this.processes.get(id) as Spawned;
  }

  addressOf(id: string, part: keyof NodeSettingsInput['listen']): string {
    return (this.settings[id] as NodeSettingsInput).listen[part];
  }

  control(id: string): ReplicaControl {
    return this.#controls.get(id) as ReplicaControl;
  }

  /** Who leads, by its own word, in the highest term that anybody knows. */
  async leader(): Promise<string | undefined> {
    const views = await Promise.all(
      this.members.map((id) =>
        this.control(id)
          .status()
          .then((status) => ({ id, ...status.view }))
          .catch(() => undefined),
      ),
    );
    const known = views.filter((view) => view !== undefined);
    const epoch = Math.max(...known.map((view) => view.epoch));
    return known.find((view) => leadingRoles.has(view.role) && view.epoch === epoch)?.id;
  }

  /** A client whose calls are promises. */
  client(): (command: Partial<ClientCommand> & Pick<ClientCommand, 'op' | 'key'>) => Promise<CallOutcome> {
    const session = this.#keys === undefined ? this.#plainSession() : this.#signingSession(this.#keys);
    return (command) =>
      new Promise((resolve) => session.call({ a: null, b: null, ...command }, 10_000, (outcome) => resolve(outcome)));
  }

  #plainSession(): SessionClient {
    const line = this.connections.addClient((from, reply) => session.receive(from, reply));
    const send: ClientPorts['send'] = (to, request) => line.send(to, request);
    const session = new SessionClient({ clock: systemClock, random: systemRandom(), send }, this.members, this.#policy);
    return session;
  }

  /** Of the client whose key the replicas know. */
  #signingSession({ client }: RunKeys): SessionClient {
    const line = this.connections.addClient((from, reply) => bundles.receive(from, reply));
    const send: ClientPorts['send'] = (to, request) => line.send(to, request);
    const ports = { members: this.members, clock: systemClock, send };
    const bundles = signingClients(client.privateKey, this.#policy, ports, this.#quorumReads);
    return bundles.session(systemRandom());
  }

  async close(): Promise<void> {
    this.connections.close();
    for (const control of this.#controls.values()) control.close();
    for (const spawned of this.processes.values()) spawned.signal('SIGKILL');
    await Promise.all([...this.processes.values()].map((spawned) => spawned.exited));
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
