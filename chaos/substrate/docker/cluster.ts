/** A booted lab of containers, as the run sees it. */
import { type ClientPorts, SessionClient } from '../../../node/client.ts';
import type { ClientPolicy } from '../../../node/contract/definition.ts';
import type { NodeId } from '../../../node/contract/ids.ts';
import type { Order } from '../../../node/contract/inputs.ts';
import { ReplicaConnections } from '../../../node/io/replica-connections.ts';
import { signingClients } from '../../../node/io/run-keys.ts';
import type { Cluster, Heal, Impairment, LabClient, NodeStatus } from '../../contracts/cluster.ts';
import type { Link } from '../../contracts/events.ts';
import type { ReportFile } from '../../contracts/report.ts';
import { randomFor } from '../../random.ts';
import { labClient } from '../../systems/replica.ts';
import { realClock } from './clock.ts';
import type { ImpairedLinks } from './impaired-links.ts';
import { peerLinkName } from './layout.ts';
import type { ReplicaContainer } from './replica-container.ts';
import type { Links, Toxic } from './toxiproxy.ts';

export interface DockerClusterParts {
  readonly seed: number;
  readonly policy: ClientPolicy;
  /** Whether a quorum of replicas answers reads beside the log. */
  readonly quorumReads: boolean;
  /** The private key that clients sign with; absent where they do not. */
  readonly clientKey?: string;
  readonly replicas: ReadonlyMap<NodeId, ReplicaContainer>;
  readonly links: Links;
  /** Where the clients' link to each replica is reached, `host:port`. */
  readonly addresses: Readonly<Record<NodeId, string>>;
  /** Where each replica shows its metrics, `host:port`. */
  readonly metrics: Readonly<Record<NodeId, string>>;
  /** Which strikes hold which links, shared with whoever turns observations into facts. */
  readonly impaired: ImpairedLinks;
  /** The text of the compose file that the lab came from, without its secrets. */
  readonly composeFile: string;
  /** Takes the lab down, or lets go of it. */
  readonly end: () => Promise<void>;
}

/** How often each replica is asked for its status, in milliseconds, for each five replicas. */
const pollEveryMs = 50;

export class DockerCluster implements Cluster {
  readonly clock = realClock;
  readonly nodes: readonly NodeId[];
  readonly #parts: DockerClusterParts;
  readonly #polling: NodeJS.Timeout;
  readonly #connections: ReplicaConnections;
  #closed = false;

  constructor(nodes: readonly NodeId[], parts: DockerClusterParts) {
    this.nodes = nodes;
    this.#parts = parts;
    this.#connections = new ReplicaConnections(parts.addresses);
    const everyMs = pollEveryMs * Math.ceil(nodes.length / 5);
    this.#polling = setInterval(() => {
      for (const replica of parts.replicas.values()) void replica.poll();
    }, everyMs);
  }

  /** Where clients reach each replica, through its link, `host:port`. */
  get clientAddresses(): Readonly<Record<NodeId, string>> {
    return this.#parts.addresses;
  }

  /** Where each replica shows its metrics, `host:port`. */
  get metricsAddresses(): Readonly<Record<NodeId, string>> {
    return this.#parts.metrics;
  }

  /** The private key that clients sign with; undefined where they do not. */
  get clientKey(): string | undefined {
    return this.#parts.clientKey;
  }

  client(name: string): LabClient {
    const { seed, policy, quorumReads, clientKey } = this.#parts;
    const random = randomFor(seed, `client/${name}`);
    let receive: SessionClient['receive'] = () => {};
    const line = this.#connections.addClient((from, reply) => receive(from, reply));
    const send: ClientPorts['send'] = (to, request) => line.send(to, request);
    if (clientKey === undefined) {
      const session = new SessionClient({ clock: realClock, random, send }, this.nodes, policy);
      receive = (from, reply) => session.receive(from, reply);
      return labClient(session);
    }
    const ports = { members: this.nodes, clock: realClock, send };
    const bundles = signingClients(clientKey, policy, ports, quorumReads);
    receive = (from, reply) => bundles.receive(from, reply);
    return labClient(bundles.session(random));
  }

  status(node: NodeId): NodeStatus {
    return this.#replica(node).status;
  }

  kill(node: NodeId): Promise<void> {
    return this.#replica(node).kill();
  }

  start(node: NodeId): Promise<void> {
    return this.#replica(node).start();
  }

  pause(node: NodeId): Promise<void> {
    return this.#replica(node).pause();
  }

  resume(node: NodeId): Promise<void> {
    return this.#replica(node).resume();
  }

  order(node: NodeId, order: Order): Promise<void> {
    return this.#replica(node).order(order);
  }

  wipe(node: NodeId): Promise<void> {
    return this.#replica(node).wipe();
  }

  slowDisk(node: NodeId, delayMs: number): Promise<void> {
    return this.#replica(node).slowDisk(delayMs);
  }

  behave(node: NodeId, behaviour: string | null): Promise<void> {
    return this.#replica(node).behave(behaviour);
  }

  async impair(strike: string, links: readonly Link[], impairment: Impairment): Promise<Heal> {
    const { impaired } = this.#parts;
    const toxic = toxicFor(impairment);
    for (const link of links) impaired.add(link, strike, impairment.kind);
    const added = await Promise.allSettled(links.map((link) => this.#parts.links.add(peerLinkName(link), toxic)));
    const heals = added.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    const heal = async () => {
      await Promise.all(heals.map((each) => each()));
      for (const link of links) impaired.remove(link, strike);
    };
    const failed = added.find((result) => result.status === 'rejected');
    if (failed === undefined) return heal;
    // A strike that failed half-way is taken back before its failure is told; healAll tries again what that leaves.
    await heal().catch(() => {});
    throw failed.reason;
  }

  async healAll(): Promise<void> {
    const replicas = [...this.#parts.replicas.values()];
    // Links into those that are dead stay shut until they run; all others are healed whatever becomes of these.
    const running = await Promise.allSettled(
      replicas.map(async (replica) => {
        await replica.resume();
        await replica.start();
      }),
    );
    await this.#parts.links.reset();
    this.#parts.impaired.clear();
    const failed = running.find((result) => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    await Promise.all(
      replicas.map(async (replica) => {
        await replica.slowDisk(0);
        await replica.behaveAsBorn();
      }),
    );
  }

  stateHash(node: NodeId): Promise<string | null> {
    return this.#replica(node).stateHash();
  }

  async artifacts(): Promise<ReportFile[]> {
    const logs = [...this.#parts.replicas.values()].map(async (replica) => ({
      name: `logs/${replica.node}.log`,
      content: await replica.log().catch((error: Error) => `${error.message}\n`),
    }));
    return [{ name: 'compose.yml', content: this.#parts.composeFile }, ...(await Promise.all(logs))];
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#polling);
    this.#connections.close();
    for (const replica of this.#parts.replicas.values()) replica.close();
    await this.#parts.end();
  }

  #replica(node: NodeId): ReplicaContainer {
    const replica = this.#parts.replicas.get(node);
    if (replica === undefined) throw new RangeError(`there is no replica ${node}`);
    return replica;
  }
}

/** What an impairment is in Toxiproxy's terms. */
function toxicFor(impairment: Impairment): Toxic {
  switch (impairment.kind) {
    case 'cut':
      return { type: 'timeout', attributes: { timeout: 0 } };
    case 'latency': {
      const { delayMs, jitterMs } = impairment;
      return { type: 'latency', attributes: { latency: Math.round(delayMs), jitter: Math.round(jitterMs) } };
    }
    case 'loss':
      throw new RangeError('Toxiproxy carries streams, and cannot lose a part of them');
  }
}
