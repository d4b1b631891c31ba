/** One lab from its compose file to a cluster that answers, and away again. */
import { randomBytes } from 'node:crypto';
import type { NodeId } from '../../../node/contract/ids.ts';
import { linkIntervalMsFor } from '../../../node/io/peer-transport.ts';
import { publicKeysOf } from '../../../node/io/run-keys.ts';
import { loadProtocol } from '../../catalog.ts';
import type { LabFact } from '../../contracts/events.ts';
import type { Plan } from '../../contracts/plan.ts';
import { EnvironmentError } from '../../errors.ts';
import type { Experiment } from '../../experiment.ts';
import { isLabEvent } from '../../history.ts';
import { realClock } from './clock.ts';
import { DockerCluster } from './cluster.ts';
import { composeUp } from './compose.ts';
import { composeFile, labLabels } from './compose-file.ts';
import type { Engine, LabContainer } from './engine.ts';
import { replicaImage, type Say, toxiproxyImage } from './image.ts';
import { ImpairedLinks, inheritanceMs } from './impaired-links.ts';
import { removeLab } from './labs.ts';
import { clientLinkPort, linksInto, proxyLinks, replicaPorts, toxiproxyApiPort } from './layout.ts';
import { type ContainerChange, followEvents, type LoggedFact, type Observer } from './observer.ts';
import { ReplicaContainer } from './replica-container.ts';
import { drawSecrets, type LabSecrets, withoutSecrets } from './secrets.ts';
import { Links } from './toxiproxy.ts';
import type { Vantage } from './vantage.ts';

const readyLimitMs = 30_000;

/** What runs in a lab. */
export interface LabContent
  extends Pick<Plan, 'nodes' | 'members' | 'protocol' | 'bug' | 'storage' | 'malicious' | 'seed'> {
  readonly settings: Experiment['settings'];
  /** Whether the replicas report their facts; true where absent. */
  readonly trace?: boolean;
}

export interface LabOptions {
  readonly engine: Engine;
  readonly vantage: Vantage;
  readonly content: LabContent;
  readonly observe: (atMs: number, fact: LabFact) => void;
  /** Leaves the lab running at the end. */
  readonly keepUp: boolean;
  /** Ends the boot. */
  readonly signal: AbortSignal;
}

export class Lab {
  readonly #options: LabOptions;
  readonly #project = `splitbrain-${randomBytes(4).toString('hex')}`;
  readonly #impaired = new ImpairedLinks(({ from, to }, strike) => {
    const { observe } = this.#options;
    observe(realClock.now(), { type: 'link-dropped', from, to, strike, lastedMs: inheritanceMs });
  });
  readonly #replicas = new Map<NodeId, ReplicaContainer>();
  #deaf: (() => void) | undefined;

  constructor(options: LabOptions) {
    this.#options = options;
  }

  /** Brings everything up, and returns when every replica answers. */
  async boot(say: Say): Promise<DockerCluster> {
    const { engine, vantage, content, observe, keepUp, signal } = this.#options;
    const { nodes, protocol, seed, settings } = content;
    const definition = await loadProtocol(protocol);
    const secrets = drawSecrets(nodes, definition);
    const replica = await replicaImage(engine, vantage.image, say, signal);
    const proxy = await toxiproxyImage(engine, say, signal);
    const text = this.#composeFile(secrets);
    // First of all something to find it by: Compose, once begun, goes on when its caller is killed.
    await engine.createVolume(`${this.#project}_lab`, this.#labels());
    this.#deaf = await followEvents(engine, this.#project, this.#observer());
    const images = { replica: replica.id, toxiproxy: proxy.id };
    observe(realClock.now(), { type: 'booting', engine: engine.version, images });
    if (secrets.keys !== undefined) {
      const keys = { scheme: 'ed25519', publicKeys: publicKeysOf(secrets.keys) } as const;
      observe(realClock.now(), { type: 'keys', keys });
    }
    await composeUp(this.#project, text, replica.name, signal);
    signal.throwIfAborted();
    await vantage.join(this.#project);
    const containers = await engine.containers(this.#project);
    const toxiproxy = containerOf(containers, ({ service }) => service === 'toxiproxy', 'Toxiproxy');
    const links = new Links(`http://${vantage.address(toxiproxy, toxiproxyApiPort)}`);
    await links.ready(readyLimitMs, signal);
    await links.populate(proxyLinks(nodes));
    return new DockerCluster(nodes, {
      seed,
      policy: definition.client,
      quorumReads: settings.quorumReads ?? false,
      ...(secrets.keys && { clientKey: secrets.keys.client.privateKey }),
      replicas: await this.#takeReplicas(containers, secrets, links),
      links,
      addresses: Object.fromEntries(
        nodes.map((node) => [node, vantage.address(toxiproxy, clientLinkPort(nodes, node))]),
      ),
      metrics: this.#metricsAddresses(containers),
      impaired: this.#impaired,
      composeFile: withoutSecrets(text, secrets),
      end: async () => {
        if (keepUp) await this.#letGo();
        else await this.takeDown(0);
      },
    });
  }

  /**
   * Removes all that belongs to the lab; safe to call more than once, and after a boot that failed half-way.
   *
   * @param forMs - how long nothing more may come, see `removeLab`
   */
  async takeDown(forMs: number): Promise<void> {
    for (const replica of this.#replicas.values()) replica.close();
    // Where that fails, the removal says what is stuck.
    await this.#letGo().catch(() => {});
    await removeLab(this.#options.engine, this.#project, forMs);
  }

  async #letGo(): Promise<void> {
    this.#deaf?.();
    this.#deaf = undefined;
    await this.#options.vantage.leave(this.#project);
  }

  async #takeReplicas(
    containers: readonly LabContainer[],
    { token }: LabSecrets,
    links: Links,
  ): Promise<ReadonlyMap<NodeId, ReplicaContainer>> {
    const { engine, vantage, content, signal } = this.#options;
    const parts = { engine, vantage, token, observer: this.#observer() };
    for (const node of content.nodes) {
      const { id } = containerOf(containers, (each) => each.node === node, node);
      const behaviour = content.malicious?.[node];
      const into = linksInto(content.nodes, node);
      const setReachable = (reachable: boolean) => links.setOpen(into, reachable);
      const own = { ...parts, setReachable, ...(behaviour !== undefined && { behaviour }) };
      this.#replicas.set(node, new ReplicaContainer(node, id, own));
    }
    await Promise.all([...this.#replicas.values()].map((replica) => replica.ready(readyLimitMs, signal)));
    return this.#replicas;
  }

  #metricsAddresses(containers: readonly LabContainer[]): Record<NodeId, string> {
    const { vantage, content } = this.#options;
    return Object.fromEntries(
      content.nodes.map((node) => {
        const container = containerOf(containers, (each) => each.node === node, node);
        return [node, vantage.address(container, replicaPorts.metrics)];
      }),
    );
  }

  #labels() {
    const { vantage, keepUp } = this.#options;
    return labLabels({ project: this.#project, owner: JSON.stringify(vantage.owner), kept: keepUp });
  }

  #composeFile(secrets: LabSecrets): string {
    return composeFile({ ...this.#options.content, ...secrets, project: this.#project, labels: this.#labels() });
  }

  #observer(): Observer {
    const { observe } = this.#options;
    return {
      onChange: (node, change, atMs) => this.#onChange(node, change, atMs),
      onFact: (logged) => this.#onFact(logged),
      onResources: (node, atMs, used) => observe(atMs, { type: 'resources', node, ...used }),
      onBroken: (error, atMs) => observe(atMs, { type: 'lab-error', error }),
    };
  }

  #onChange(node: NodeId, change: ContainerChange, atMs: number): void {
    const { observe } = this.#options;
    const replica = this.#replicas.get(node);
    if (change === 'start' || change === 'die') replica?.noticed(change);
    if (change === 'die' || change === 'pause') this.#impaired.stoppedListening(node);
    if (change !== 'die' || replica === undefined) {
      observe(atMs, { type: changeTypes[change], node });
      return;
    }
    void replica.exitMs(atMs).then((exitMs) => observe(exitMs, { type: 'node-down', node }));
  }

  #onFact({ node, atMs, fact }: LoggedFact): void {
    const { observe, content } = this.#options;
    const from = typeof fact['from'] === 'string' ? fact['from'] : undefined;
    if (fact.type === 'link-silent' || fact.type === 'link-slow') {
      if (from === undefined) return;
      // A link is also silent when its sender is dead: only a strike on the link makes that an observation of it.
      const silent = fact.type === 'link-silent';
      if (silent) this.#impaired.fellSilent({ from, to: node });
      const strike = this.#impaired.explain({ from, to: node }, silent ? 'cut' : 'latency');
      if (strike === undefined) return;
      // It began at the latest when the next sign of life was due and did not come.
      const silentMs = typeof fact['silentMs'] === 'number' ? fact['silentMs'] : 0;
      const lastedMs = silent ? Math.max(0, silentMs - linkIntervalMsFor(content.nodes.length)) : 0;
      observe(atMs, { type: silent ? 'link-dropped' : 'link-delayed', from, to: node, strike, lastedMs });
    } else if (fact.type === 'link-heard') {
      if (from !== undefined) this.#impaired.wasHeard({ from, to: node });
    } else if (fact.type === 'wiped') {
      observe(atMs, { type: 'disk-wiped', node });
    } else if (fact.type === 'turned') {
      const behaviour = typeof fact['behaviour'] === 'string' ? fact['behaviour'] : null;
      observe(atMs, { type: 'turned', node, behaviour });
    } else if (fact.type === 'fault') {
      observe(atMs, { type: slowsDisk(fact['faults']) ? 'disk-slow' : 'disk-fast', node });
    } else if (replicaFacts.has(fact.type)) {
      const event = { ...fact, atMs, node };
      if (isLabEvent(event)) observe(atMs, event);
    }
  }
}

const changeTypes = {
  die: 'node-down',
  start: 'node-up',
  pause: 'node-paused',
  unpause: 'node-resumed',
} as const satisfies Record<ContainerChange, LabFact['type']>;

/** Whether one of a replica's faults, in its own words, is a slow disk. */
function slowsDisk(faults: unknown): boolean {
  return Array.isArray(faults) && faults.some((fault) => typeof fault === 'string' && fault.startsWith('slow-disk '));
}

const replicaFacts: ReadonlySet<string> = new Set([
  ...['role', 'append', 'apply', 'configuration', 'snapshot', 'restore', 'compact'],
  ...['overtaken', 'decided', 'deceived', 'evidence', 'stopped'],
]);

function containerOf(
  containers: readonly LabContainer[],
  wanted: (container: LabContainer) => boolean,
  what: string,
): LabContainer {
  const found = containers.find(wanted);
  if (found === undefined)
    throw new EnvironmentError(`the container of ${what} is gone`, 'Run it again; see: npx splitbrain doctor');
  return found;
}
