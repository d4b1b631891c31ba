/** What the charts with a line per replica draw. */

import type { NodeId } from '../../../node/contract/ids.ts';
import type { Recording } from '../../contracts/events.ts';
import { isFootprint, isResources, samplesByNode } from '../../samples.ts';
import { recordingEndMs } from '../../statistics.ts';
import { overtakenSeries } from '../shared/duels.ts';
import { type FootprintSeries, footprintSeries } from '../shared/footprints.ts';
import { type ResourceSeries, resourceSeries } from '../shared/resources.ts';
import { appliedSeries, type NodeSeries } from '../shared/series.ts';
import { capped, seconds } from './drawn.ts';

const mostLines = 8;

/** A line per replica; each value is that of the step that ends at the same position of `atS`. */
export interface NodeLines {
  readonly atS: readonly number[];
  readonly nodes: readonly { readonly node: string; readonly values: readonly (number | null)[] }[];
}

/** The lines of each such chart; part of what a page carries for its scripts. */
export interface DrawnLines {
  readonly applied: NodeLines;
  /** Null where no ballot was overtaken. */
  readonly overtaken: NodeLines | null;
  /** Null where nothing runs in containers. */
  readonly resources: Readonly<Record<keyof ResourceSeries, NodeLines>> | null;
  /** Null where the replicas were not sampled. */
  readonly footprints: Readonly<Record<keyof FootprintSeries, NodeLines>> | null;
}

/** @param notes - takes a sentence for each chart that leaves replicas out */
export function drawnLines(recording: Recording, notes: string[]): DrawnLines {
  return {
    applied: drawnApplied(recording, notes),
    overtaken: drawnOvertaken(recording, notes),
    resources: drawnResources(recording, notes),
    footprints: drawnFootprints(recording, notes),
  };
}

function nodeLines({ atMs, perNode }: NodeSeries): NodeLines {
  return { atS: atMs.map(seconds), nodes: [...perNode].map(([node, values]) => ({ node, values })) };
}

function drawnApplied(recording: Recording, notes: string[]): NodeLines {
  const { atMs, perNode } = appliedSeries(recording);
  return nodeLines({ atMs, perNode: new Map(capped([...perNode], mostLines, 'Applied index: # nodes', notes)) });
}

/** Of more replicas than can be told apart those with the most overtaken ballots, in the order of the plan. */
function drawnOvertaken(recording: Recording, notes: string[]): NodeLines | null {
  const series = overtakenSeries(recording);
  if (series === null) return null;
  const { atMs, perNode } = series;
  const total = (node: NodeId) => (perNode.get(node) ?? []).reduce<number>((sum, value) => sum + (value ?? 0), 0);
  const mostFirst = [...perNode.keys()].sort((a, b) => total(b) - total(a));
  const shown = new Set(capped(mostFirst, mostLines, 'Duels: # nodes, those with the most', notes));
  return nodeLines({ atMs, perNode: new Map([...perNode].filter(([node]) => shown.has(node))) });
}

function drawnResources(recording: Recording, notes: string[]): DrawnLines['resources'] {
  const nodes = capped([...samplesByNode(recording, isResources)], mostLines, 'Containers: # nodes', notes);
  if (nodes.length === 0) return null;
  const { cpu, memory, network } = resourceSeries(new Map(nodes), recordingEndMs(recording));
  return { cpu: nodeLines(cpu), memory: nodeLines(memory), network: nodeLines(network) };
}

function drawnFootprints(recording: Recording, notes: string[]): DrawnLines['footprints'] {
  const nodes = capped([...samplesByNode(recording, isFootprint)], mostLines, 'Log and memory: # nodes', notes);
  if (nodes.length === 0) return null;
  const { log, memory, snapshot } = footprintSeries(new Map(nodes));
  return { log: nodeLines(log), memory: nodeLines(memory), snapshot: nodeLines(snapshot) };
}
