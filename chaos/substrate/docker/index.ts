/** Real containers: a container per replica, every link through Toxiproxy, steered through the Docker engine. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadProtocol } from '../../catalog.ts';
import type { Capability, LabFact, NodeId, Plan, Substrate } from '../../contracts.ts';
import { EnvironmentError, UsageError } from '../../errors.ts';
import { DockerCluster, ImpairedLinks } from './cluster.ts';
import { composeFile } from './compose-file.ts';
import { Engine, type LabContainer } from './engine.ts';
import { labImage } from './image.ts';
import { clientLinkPort, maxReplicas, proxyLinks, toxiproxyApiPort } from './layout.ts';
import { followEvents, type LoggedFact, type Observer } from './observer.ts';
import { ReplicaContainer } from './replica-container.ts';
import { Links } from './toxiproxy.ts';

const capabilities: readonly Capability[] = ['process.kill', 'process.pause', 'link.cut', 'link.latency'];
const toxiproxyLimitMs = 10_000;

export const dockerSubstrate: Substrate = {
  name: 'docker',
  capabilities: new Set(capabilities),
  boot: async (plan, observe) => {
    if (plan.nodes.length > maxReplicas) {
      throw new UsageError(
        `${plan.nodes.length} replicas are too many`,
        `On docker there are ports for ${maxReplicas}.`,
      );
    }
    const engine = new Engine();
    await engine.require();
    const lab = new Lab(engine, plan, observe);
    try {
      return await lab.boot();
    } catch (error) {
      await lab.takeDown();
      throw error;
    }
  },
};

class Lab {
  readonly #engine: Engine;
  readonly #plan: Plan;
  readonly #observe: (atMs: number, fact: LabFact) => void;
  readonly #project: string;
  readonly #token = randomBytes(24).toString('base64url');
  readonly #folder = mkdtempSync(join(tmpdir(), 'splitbrain-'));
  readonly #impaired = new ImpairedLinks();
  #deaf: (() => void) | undefined;

  constructor(engine: Engine, plan: Plan, observe: (atMs: number, fact: LabFact) => void) {
    this.#engine = engine;
    this.#plan = plan;
    this.#observe = observe;
    this.#project = `splitbrain-${randomBytes(4).toString('hex')}`;
  }

  async boot(): Promise<DockerCluster> {
    const { nodes, protocol, seed } = this.#plan;
    const text = this.#composeFile();
    const file = join(this.#folder, 'compose.yml');
    writeFileSync(file, text, { mode: 0o600 });
    this.#deaf = await followEvents(this.#engine.docker, this.#project, this.#observer());
    const image = await labImage(this.#engine, (text) => process.stderr.write(`${text}\n`));
    await this.#engine.up(this.#project, file, image);
    const containers = await this.#engine.containers(this.#project);
    const toxiproxy = containers.find(({ service }) => service === 'toxiproxy');
    const links = new Links(`http://127.0.0.1:${publishedPort(toxiproxy, toxiproxyApiPort)}`);
    await links.ready(toxiproxyLimitMs);
    await links.populate(proxyLinks(nodes));
    const replicas = new Map<NodeId, ReplicaContainer>();
    for (const node of nodes) {
      const container = containers.find((each) => each.node === node);
      if (container === undefined) throw new EnvironmentError(`the container of ${node} is gone`, 'See: docker ps -a');
      replicas.set(node, new ReplicaContainer(this.#engine, container, node, this.#token, this.#observer()));
    }
    await Promise.all([...replicas.values()].map((replica) => replica.attach()));
    const addresses = Object.fromEntries(
      nodes.map((node) => [node, `127.0.0.1:${publishedPort(toxiproxy, clientLinkPort(nodes, node))}`]),
    );
    return new DockerCluster(nodes, {
      seed,
      policy: (await loadProtocol(protocol)).client,
      replicas,
      links,
      addresses,
      impaired: this.#impaired,
      composeFile: text.replaceAll(this.#token, 'token-of-another-run'),
      takeDown: () => this.takeDown(),
    });
  }

  /** Removes all that belongs to the lab; safe to call more than once, and after a boot that failed half-way. */
  async takeDown(): Promise<void> {
    this.#deaf?.();
    this.#deaf = undefined;
    await this.#engine.remove(this.#project);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #composeFile(): string {
    const { nodes, protocol, bug, experiment } = this.#plan;
    return composeFile({
      project: this.#project,
      nodes,
      protocol,
      ...(bug === undefined ? {} : { bug }),
      settings: experiment.settings,
      token: this.#token,
      standalone: false,
    });
  }

  #observer(): Observer {
    const types = { die: 'node-down', start: 'node-up', pause: 'node-paused', unpause: 'node-resumed' } as const;
    return {
      onChange: (node, change, atMs) => this.#observe(atMs, { type: types[change], node }),
      onFact: (logged) => this.#onFact(logged),
    };
  }

  #onFact({ node, atMs, fact }: LoggedFact): void {
    const from = typeof fact['from'] === 'string' ? fact['from'] : undefined;
    if (fact.type === 'link-silent' || fact.type === 'link-slow') {
      if (from === undefined) return;
      // A link is also silent when its sender is dead: only a strike on the link makes that an observation of it.
      const kinds = fact.type === 'link-silent' ? (['cut'] as const) : (['latency'] as const);
      const strike = this.#impaired.explain({ from, to: node }, kinds);
      const type = fact.type === 'link-silent' ? 'link-dropped' : 'link-delayed';
      if (strike !== undefined) this.#observe(atMs, { type, from, to: node, strike });
    } else if (replicaFacts.has(fact.type)) {
      this.#observe(atMs, { ...fact, node } as unknown as LabFact);
    }
  }
}

const replicaFacts: ReadonlySet<string> = new Set(['role', 'append', 'apply', 'stopped']);

function publishedPort(container: LabContainer | undefined, port: number): number {
  const found = container?.ports.get(port);
  if (found === undefined)
    throw new EnvironmentError(`port ${port} of Toxiproxy is not published`, 'See: docker ps -a');
  return found;
}
