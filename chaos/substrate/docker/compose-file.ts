/** Writes the compose file of a lab: a container per replica, one Toxiproxy with a proxy per directed link. Pure. */
import { stringify } from 'yaml';
import type { NodeId } from '../../../node/contract/ids.ts';
import { keySettings } from '../../../node/io/run-keys.ts';
import type { Experiment } from '../../experiment.ts';
import {
  clientLinkPort,
  dataFolder,
  labels,
  listenAddress,
  peerLinkPort,
  proxyLinks,
  replicaPorts,
  toxiproxyApiPort,
} from './layout.ts';
import type { LabSecrets } from './secrets.ts';

export interface LabSettings extends LabSecrets {
  /** The name of the compose project: all that belongs to the lab carries it. */
  readonly project: string;
  readonly nodes: readonly NodeId[];
  /** Who belongs to the group at the beginning; all nodes where absent. */
  readonly members?: readonly NodeId[];
  readonly protocol: string;
  readonly bug?: string;
  /** Who is malicious from the beginning on, and how; present where replicas may become so. */
  readonly malicious?: Readonly<Record<NodeId, string>>;
  /** What keeps the replicas' logs; their default where absent. */
  readonly storage?: string;
  readonly settings: Experiment['settings'];
  /** Whether the replicas print their facts; true where absent. An experiment needs them, a benchmark does without. */
  readonly trace?: boolean;
  /** On all that belongs to the lab. */
  readonly labels: Labels;
}

type Labels = Readonly<Record<string, string>>;

/** What a lab is found by, and told from others; see `labels` in layout.ts. Without an owner it is people's. */
export function labLabels({
  project,
  owner,
  kept = false,
}: {
  project: string;
  owner?: string;
  kept?: boolean;
}): Labels {
  return {
    [labels.lab]: project,
    ...(owner === undefined ? {} : { [labels.owner]: owner }),
    ...(kept ? { [labels.kept]: 'true' } : {}),
  };
}

/** The images that anybody can pull; each has a variable that names another in its place. */
export const publicImages = {
  base: { variable: 'SPLITBRAIN_BASE_IMAGE', name: 'node:24-bookworm-slim' },
  compose: { variable: 'SPLITBRAIN_COMPOSE_IMAGE', name: 'docker/compose-bin:v2.32.4' },
  toxiproxy: { variable: 'SPLITBRAIN_TOXIPROXY_IMAGE', name: 'ghcr.io/shopify/toxiproxy:2.12.0' },
} as const;

/** The image that is to be used here. */
export function imageName({ variable: key, name }: (typeof publicImages)[keyof typeof publicImages]): string {
  return process.env[key] || name;
}

/** A variable of Compose with a default. */
const variable = (name: string, otherwise: string): string => ['$', '{', name, ':-', otherwise, '}'].join('');

const labImage = variable('SPLITBRAIN_IMAGE', 'splitbrain:latest');
const orPublic = (image: keyof typeof publicImages) => variable(publicImages[image].variable, publicImages[image].name);

/** Published ports are for this machine alone; the engine draws the number. */
const published = (port: number): string => `127.0.0.1::${port}`;

/** A dollar in a value is doubled, or Compose would take it for a variable. */
const literal = (text: string): string => text.replaceAll('$', '$$$$');

/** The compose file of a run: all of its ports are published for the orchestrator, and it is labelled with who steers it. */
export function composeFile(lab: LabSettings): string {
  const { control, metrics } = replicaPorts;
  const own = Object.fromEntries(Object.entries(lab.labels).map(([name, value]) => [name, literal(value)]));
  return textOf(
    { ...lab, token: literal(lab.token), labels: own },
    { name: lab.project, replicaPorts: [control, metrics], healthInterval: '30s' },
  );
}

/**
 * The compose file for people: the same lab, with how its image is built, nobody who steers it, and the orchestrator as a
 * service. Its control ports are not published; its token is a variable.
 */
export function standaloneComposeFile(lab: Omit<LabSettings, keyof LabSecrets | 'labels'>): string {
  const token = variable('SPLITBRAIN_TOKEN', 'only-for-this-network');
  // Compose sets it to the name that it really uses: brought up twice with `-p`, it is two labs.
  const project = variable('COMPOSE_PROJECT_NAME', lab.project);
  return textOf(
    { ...lab, project, token, labels: labLabels({ project }) },
    { name: lab.project, replicaPorts: [replicaPorts.metrics], healthInterval: '1s', standalone: true },
  );
}

interface Style {
  /** The name of the compose project, unless whoever brings it up says another. */
  readonly name: string;
  /** The ports of a replica that are published. */
  readonly replicaPorts: readonly number[];
  /** Each probe is a process in the container: a run, which watches its replicas itself, wants few of them. */
  readonly healthInterval: string;
  readonly standalone?: true;
}

function textOf(lab: LabSettings, style: Style): string {
  const own = lab.labels;
  const services: Record<string, unknown> = { toxiproxy: toxiproxyService(lab, own, style) };
  for (const node of lab.nodes) services[node] = replicaService(lab, node, own, style);
  if (style.standalone === true) services['lab'] = orchestratorService();
  return stringify(
    {
      name: style.name,
      services,
      networks: { default: { labels: own } },
      volumes: Object.fromEntries(lab.nodes.map((node) => [dataVolume(node), { labels: own }])),
      configs: { links: { content: literal(JSON.stringify(toxiproxyConfig(lab.nodes), null, 1)) } },
    },
    { lineWidth: 0, aliasDuplicateObjects: false },
  );
}

const dataVolume = (node: NodeId): string => `${node}-data`;

/** Toxiproxy begins with every link, so that the lab works without an orchestrator. */
function toxiproxyConfig(nodes: readonly NodeId[]) {
  return proxyLinks(nodes).map(({ name, port, upstream }) => ({
    name,
    listen: listenAddress(port),
    upstream,
    enabled: true,
  }));
}

function toxiproxyService({ nodes }: LabSettings, own: Labels, style: Style) {
  return {
    image: orPublic('toxiproxy'),
    command: ['-host=0.0.0.0', '-config=/links.json'],
    configs: [{ source: 'links', target: '/links.json' }],
    labels: own,
    ports: [toxiproxyApiPort, ...nodes.map((node) => clientLinkPort(nodes, node))].map(published),
    healthcheck: {
      test: ['CMD', '/toxiproxy-cli', 'list'],
      interval: style.healthInterval,
      timeout: '3s',
      retries: 30,
    },
    cap_drop: ['ALL'],
    security_opt: ['no-new-privileges:true'],
    init: true,
  };
}

function replicaService(lab: LabSettings, node: NodeId, own: Labels, style: Style) {
  return {
    image: labImage,
    // Compose builds an image once for each service that says how, and finds it for the others.
    ...(style.standalone === true && node === lab.nodes[0] ? { build: buildSection } : {}),
    labels: { ...own, [labels.node]: node },
    environment: { SPLITBRAIN_NODE: settingsOf(lab, node) },
    ports: style.replicaPorts.map(published),
    volumes: [`${dataVolume(node)}:${dataFolder}`],
    depends_on: { toxiproxy: { condition: 'service_started' } },
    healthcheck: { interval: style.healthInterval, timeout: '3s', retries: 30 },
    cap_drop: ['ALL'],
    security_opt: ['no-new-privileges:true'],
    init: true,
    logging,
    stop_grace_period: '3s',
    restart: 'no',
  };
}

/** The lab reads the replicas' logs, whatever driver is the engine's default; and they must not fill its disk. */
const logging = { driver: 'json-file', options: { 'max-size': '64m', 'max-file': '2' } };

const buildSection = {
  context: '.',
  network: 'host',
  args: { BASE_IMAGE: orPublic('base'), COMPOSE_IMAGE: orPublic('compose') },
};

/** The settings of one replica, as JSON; see `node/io/settings.ts`. */
function settingsOf(lab: LabSettings, id: NodeId): string {
  const { project, nodes, members, protocol, bug, storage, settings, trace = true, token, keys } = lab;
  const listen = Object.fromEntries(Object.entries(replicaPorts).map(([name, port]) => [name, `0.0.0.0:${port}`]));
  const peers = nodes
    .filter((node) => node !== id)
    .map((to) => [to, `toxiproxy:${peerLinkPort(nodes, { from: id, to })}`]);
  return JSON.stringify({
    runId: project,
    id,
    members: nodes,
    ...(members === undefined ? {} : { group: members }),
    protocol,
    ...(bug === undefined ? {} : { bug }),
    ...(storage === undefined ? {} : { engine: storage }),
    ...maliceOf(lab, id),
    electionTimeoutMs: settings.electionTimeout,
    heartbeatIntervalMs: settings.heartbeatInterval,
    maxEntriesPerMessage: settings.maxEntriesPerMessage,
    ...(settings.leaseReads === undefined ? {} : { leaseReads: settings.leaseReads }),
    ...(settings.quorumReads === undefined ? {} : { quorumReads: settings.quorumReads }),
    ...(settings.quorums === undefined ? {} : { quorums: settings.quorums }),
    ...(settings.mode === undefined ? {} : { mode: settings.mode }),
    ...(settings.snapshotAfterBytes === undefined ? {} : { snapshotAfterBytes: settings.snapshotAfterBytes }),
    trace,
    dataFolder,
    listen,
    peers: Object.fromEntries(peers),
    token,
    ...keySettings(keys, id),
  });
}

function maliceOf({ malicious }: LabSettings, id: NodeId) {
  if (malicious === undefined) return {};
  const behaviour = malicious[id];
  const accomplices = Object.keys(malicious).filter((node) => node !== id);
  return { malice: { ...(behaviour === undefined ? {} : { behaviour }), accomplices } };
}

/**
 * The orchestrator: brings up labs of its own through the engine's socket. Away from this file's network, so that a run
 * leaves nothing of it behind. It begins as root, to be admitted to the socket, and gives that up for the owner of `results`.
 */
function orchestratorService() {
  return {
    image: labImage,
    build: buildSection,
    profiles: ['lab'],
    entrypoint: ['node', 'chaos/cli/in-container.mjs'],
    environment: { SPLITBRAIN_ON: 'docker', [publicImages.toxiproxy.variable]: orPublic('toxiproxy') },
    volumes: [
      `${variable('SPLITBRAIN_DOCKER_SOCKET', '/var/run/docker.sock')}:/var/run/docker.sock`,
      './results:/app/results',
    ],
    network_mode: 'bridge',
    // It heals and removes what it made.
    stop_grace_period: '60s',
    healthcheck: { disable: true },
    user: '0:0',
    cap_drop: ['ALL'],
    cap_add: ['SETGID', 'SETUID'],
    security_opt: ['no-new-privileges:true'],
    init: true,
  };
}
