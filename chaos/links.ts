/** Which directed links a fault touches, given its target nodes. */

import type { NodeId } from '../node/contract/ids.ts';
import type { LabEvent, Link } from './contracts/events.ts';
import type { StrikeEvidence } from './contracts/faults.ts';

/** The links between the nodes of `group` and all others, both ways; every link where `group` is everybody. */
export function boundaryLinks(group: readonly NodeId[], all: readonly NodeId[]): Link[] {
  return everyLink(all).filter(
    ({ from, to }) => group.length === all.length || group.includes(from) !== group.includes(to),
  );
}

/** The links from others into the group. */
export function inboundLinks(group: readonly NodeId[], all: readonly NodeId[]): Link[] {
  return boundaryLinks(group, all).filter(({ to }) => group.includes(to));
}

/** The links from the group to others. */
export function outboundLinks(group: readonly NodeId[], all: readonly NodeId[]): Link[] {
  return boundaryLinks(group, all).filter(({ from }) => group.includes(from));
}

/** Every directed link, the order of the nodes deciding. */
export function everyLink(all: readonly NodeId[]): Link[] {
  return all.flatMap((from) => all.filter((to) => to !== from).map((to) => ({ from, to })));
}

/** Whether something of the given kind was observed on at least one of the strike's links. */
export function seenOnLinks({ links, events }: StrikeEvidence, type: 'link-dropped' | 'link-delayed'): boolean {
  const names = new Set(links.map(({ from, to }) => `${from}->${to}`));
  return events.some((event) => event.type === type && names.has(`${event.from}->${event.to}`));
}

/** What an observer may see of a node that a strike has hit. */
export type NodeSign = 'node-down' | 'node-paused' | 'disk-wiped' | 'disk-slow';

/** Whether something of the given kind was observed of every node of the strike. */
export function seenOnNodes({ nodes, events }: StrikeEvidence, type: NodeSign): boolean {
  const seen = new Set(
    events.filter((event) => event.type === type).map((event: LabEvent & { node?: NodeId }) => event.node),
  );
  return nodes.length > 0 && nodes.every((node) => seen.has(node));
}
