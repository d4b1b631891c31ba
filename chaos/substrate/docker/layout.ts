/** Names, ports and links of a lab of containers: the same for the generated compose file and for whoever talks to it. */
import type { NodeId } from '../../../node/contract/ids.ts';
import type { Link } from '../../contracts/events.ts';

/** Labels of all that belongs to a lab. */
export const labels = {
  /** The lab's name, which is that of its compose project. */
  lab: 'org.splitbrain.lab',
  /** Of a replica's container: which replica it is. */
  node: 'org.splitbrain.node',
  /** Who steers the lab, see `owner.ts`; a lab without it is steered by people. */
  owner: 'org.splitbrain.owner',
  /** The lab stays when its owner has ended. */
  kept: 'org.splitbrain.kept',
} as const;

/** Marks the image of this project, and the stages of its build. */
export const imageLabel = 'org.splitbrain.image';

/** The ports that a replica listens on, inside its container. */
export const replicaPorts = { peer: 7100, client: 7200, control: 7300, metrics: 7400 } as const;

/** Where a replica keeps its data, inside its container: a volume, which outlives its process. */
export const dataFolder = '/data';

/** Toxiproxy's own API, inside its container. */
export const toxiproxyApiPort = 8474;

/**
 * The first port of the links. All lie below the range from which the kernel draws ephemeral ports (32768 and up), or a
 * replica's own outgoing connection could have taken one.
 */
const firstLinkPort = 20_000;
const lastLinkPort = 32_767;

/** What the settings of a replica allow. */
const maxMembers = 100;

/** The most replicas: each needs a port for its link to each other, and one for that from the clients. */
export const maxReplicas = Math.min(maxMembers, Math.floor(Math.sqrt(lastLinkPort - firstLinkPort)));

/** One proxy: a directed link between two replicas, or from the clients to one. */
export interface ProxyLink {
  readonly name: string;
  /** The port on which Toxiproxy takes what is sent over the link. */
  readonly port: number;
  readonly upstream: string;
}

export function peerLinkName({ from, to }: Link): string {
  return `${from}-to-${to}`;
}

export function clientLinkName(node: NodeId): string {
  return `clients-to-${node}`;
}

/** A replica has no link to itself: that is the clients' link to it. */
function linkName(from: NodeId, to: NodeId): string {
  return from === to ? clientLinkName(to) : peerLinkName({ from, to });
}

function portOf(nodes: readonly NodeId[], from: NodeId, to: NodeId): number {
  return firstLinkPort + nodes.indexOf(from) * nodes.length + nodes.indexOf(to);
}

/** The port of the link between two replicas. */
export function peerLinkPort(nodes: readonly NodeId[], link: Link): number {
  return portOf(nodes, link.from, link.to);
}

export function clientLinkPort(nodes: readonly NodeId[], node: NodeId): number {
  return portOf(nodes, node, node);
}

/** Every link of the lab. */
export function proxyLinks(nodes: readonly NodeId[]): ProxyLink[] {
  return nodes.flatMap((from) =>
    nodes.map((to) => ({
      name: linkName(from, to),
      port: portOf(nodes, from, to),
      upstream: `${to}:${from === to ? replicaPorts.client : replicaPorts.peer}`,
    })),
  );
}

/** The links over which others reach a replica. */
export function linksInto(nodes: readonly NodeId[], to: NodeId): string[] {
  return nodes.map((from) => linkName(from, to));
}

/** Where a proxy listens. Written as Toxiproxy reports it: sent back in another form, it would restart the proxy. */
export function listenAddress(port: number): string {
  return `[::]:${port}`;
}
