/** What was sampled of the replicas while a run went on, and the most that they held. Times are ms since load began. */

import type { NodeId } from '../node/contract/ids.ts';
import type { LabEvent, Recording } from './contracts/events.ts';
import type { PeakFootprint } from './contracts/statistics.ts';

/** What the container of a replica used at one moment. */
export type Resources = Extract<LabEvent, { readonly type: 'resources' }>;

/** What a replica held at one moment. */
export type Footprint = Extract<LabEvent, { readonly type: 'footprint' }>;

export const isResources = (event: LabEvent): event is Resources => event.type === 'resources';
export const isFootprint = (event: LabEvent): event is Footprint => event.type === 'footprint';

/** The samples of one kind of each replica, in order of time; a replica without any is left out. */
export function samplesByNode<S extends Resources | Footprint>(
  { plan, events }: Recording,
  isSample: (event: LabEvent) => event is S,
): Map<NodeId, readonly S[]> {
  const found = new Map<NodeId, S[]>(plan.nodes.map((node) => [node, []]));
  for (const event of events) if (isSample(event)) found.get(event.node)?.push(event);
  return new Map([...found].filter(([, samples]) => samples.length > 0));
}

/** What a replica holds in memory, in bytes of content: payloads of its log, and its machine. */
export function memoryBytes({ heldBytes, stateBytes }: Footprint): number {
  return heldBytes + stateBytes;
}

/** The highest of each figure in any of the samples; 0 where there are none. */
export function peakFootprint(samples: readonly Footprint[]): PeakFootprint {
  const peak = (figure: (sample: Footprint) => number) =>
    samples.reduce((highest, sample) => Math.max(highest, figure(sample)), 0);
  return {
    logBytes: peak(({ logBytes }) => logBytes),
    snapshotBytes: peak(({ snapshotBytes }) => snapshotBytes),
    memoryBytes: peak(memoryBytes),
  };
}

/** The sample with the highest figure, the first of several; null where nothing was sampled. */
export function peakSample({ events }: Recording, figure: (sample: Footprint) => number): Footprint | null {
  let peak: Footprint | null = null;
  for (const event of events) {
    if (isFootprint(event) && (peak === null || figure(event) > figure(peak))) peak = event;
  }
  return peak;
}
