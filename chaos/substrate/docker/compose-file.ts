/** Writes the compose file of a lab: a container per replica, one Toxiproxy with a proxy per directed link. Pure. */
import { stringify } from 'yaml';
import type { NodeId } from '../../../node/protocol.ts';
import type { Experiment } from '../../experiment.ts';
import { clientLinkPort, listenAddress, peerLinkPort, proxyLinks, replicaPorts, toxiproxyApiPort } from './layout.ts';

export interface LabSettings {
  /** The name of the compose project: all that belongs to the lab carries it. */
  readonly project: string;
  readonly nodes: readonly NodeId[];
  readonly protocol: string;
  readonly bug?: string;
  readonly settings: Experiment['settings'];
  /** What control calls must show; in a file for people, a variable with a default. */
  readonly token: string;
  /** Adds how to build the image, relative to the file, and the orchestrator as a service. */
  readonly standalone: boolean;
}

/** The images that anybody can pull; each has a variable that names another in its place. */
export const publicImages = {
  base: 'node:24-bookworm-slim',
  toxiproxy: 'ghcr.io/shopify/toxiproxy:2.12.0',
} as const;

/** A variable of Compose with a default. */
const variable = (name: string, otherwise: string): string => ['$', '{', name, ':-', otherwise, '}'].join('');

const images = {
  lab: variable('SPLITBRAIN_IMAGE', 'splitbrain:latest'),
  base: variable('SPLITBRAIN_BASE_IMAGE', publicImages.base),
  toxiproxy: variable('SPLITBRAIN_TOXIPROXY_IMAGE', publicImages.toxiproxy),
} as const;

/** Marks all that the lab made, so that `doctor` and `down` find what a killed run left behind. */
export const labLabel = 'org.splitbrain.lab';
/** Marks a replica's container with its name. */
export const nodeLabel = 'org.splitbrain.node';

/** Published ports are for this machine alone; the engine draws the number. */
const published = (port: number): string => `127.0.0.1::${port}`;

/** A dollar in a value is doubled, or Compose would take it for a variable. */
const literal = (text: string): string => text.replaceAll('$', '$$$$');

/** The text of the compose file. */
export function composeFile(lab: LabSettings): string {
  const services: Record<string, unknown> = { toxiproxy: toxiproxyService(lab) };
  for (const node of lab.nodes) services[node] = replicaService(lab, node);
  if (lab.standalone) services['lab'] = labService(lab);
  return stringify(
    {
      name: lab.project,
      services,
      networks: { default: { labels: { [labLabel]: lab.project } } },
      configs: { links: { content: literal(JSON.stringify(toxiproxyConfig(lab.nodes), null, 1)) } },
    },
    { lineWidth: 0, aliasDuplicateObjects: false },
  );
}

/** Toxiproxy begins with every link, so that the lab works without an orchestrator. */
function toxiproxyConfig(nodes: readonly NodeId[]) {
  return proxyLinks(nodes).map(({ name, port, upstream }) => ({
    name,
    listen: listenAddress(port),
    upstream,
    enabled: true,
  }));
}

function toxiproxyService({ project, nodes }: LabSettings) {
  return {
    image: images.toxiproxy,
    command: ['-host=0.0.0.0', '-config=/links.json'],
    configs: [{ source: 'links', target: '/links.json' }],
    labels: { [labLabel]: project },
    ports: [toxiproxyApiPort, ...nodes.map((node) => clientLinkPort(nodes, node))].map(published),
    healthcheck: { test: ['CMD', '/toxiproxy-cli', 'list'], interval: '1s', timeout: '3s', retries: 30 },
    cap_drop: ['ALL'],
    init: true,
  };
}

function replicaService(lab: LabSettings, node: NodeId) {
  return {
    image: images.lab,
    ...(lab.standalone ? { build: buildSection() } : {}),
    labels: { [labLabel]: lab.project, [nodeLabel]: node },
    environment: { SPLITBRAIN_NODE: settingsOf(lab, node) },
    ports: [published(replicaPorts.control), published(replicaPorts.metrics)],
    depends_on: { toxiproxy: { condition: 'service_healthy' } },
    healthcheck: {
      test: ['CMD', 'node', '-e', healthProbe],
      interval: '1s',
      timeout: '3s',
      retries: 30,
    },
    cap_drop: ['ALL'],
    security_opt: ['no-new-privileges:true'],
    init: true,
    stop_grace_period: '3s',
    restart: 'no',
  };
}

const healthProbe = `fetch('http://127.0.0.1:${replicaPorts.metrics}/healthz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))`;

function buildSection() {
  return { context: '.', network: 'host', args: { BASE_IMAGE: images.base } };
}

/** The settings of one replica, as JSON; see `node/io/settings.ts`. */
function settingsOf({ project, nodes, protocol, bug, settings, token, standalone }: LabSettings, id: NodeId): string {
  const listen = Object.fromEntries(Object.entries(replicaPorts).map(([name, port]) => [name, `0.0.0.0:${port}`]));
  const peers = nodes
    .filter((node) => node !== id)
    .map((to) => [to, `toxiproxy:${peerLinkPort(nodes, { from: id, to })}`]);
  const text = JSON.stringify({
    runId: project,
    id,
    members: nodes,
    protocol,
    ...(bug === undefined ? {} : { bug }),
    electionTimeoutMs: settings.electionTimeout,
    heartbeatIntervalMs: settings.heartbeatInterval,
    maxEntriesPerMessage: settings.maxEntriesPerMessage,
    trace: true,
    dataFolder: '/data',
    listen,
    peers: Object.fromEntries(peers),
    token,
  });
  return standalone ? text : literal(text);
}

/** The orchestrator: shares the network of the lab, and steers its containers through the engine's socket. */
function labService({ project, nodes }: LabSettings) {
  return {
    image: images.lab,
    build: buildSection(),
    profiles: ['lab'],
    entrypoint: ['node', 'dist/chaos/cli/main.js'],
    labels: { [labLabel]: project },
    environment: { SPLITBRAIN_ATTACH: project, SPLITBRAIN_ON: 'docker' },
    volumes: ['/var/run/docker.sock:/var/run/docker.sock', './results:/app/results'],
    depends_on: Object.fromEntries(nodes.map((node) => [node, { condition: 'service_healthy' }])),
    user: 'root',
    cap_drop: ['ALL'],
    init: true,
  };
}
