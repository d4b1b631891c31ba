/** What replicas held over time, as it was sampled: a mean would smooth away that a log grows and is cut. */
import type { NodeId } from '../../../node/contract/ids.ts';
import { type Footprint, memoryBytes } from '../../samples.ts';
import type { NodeSeries } from './series.ts';

/** All in KiB: the log and the newest snapshot on the disk, and what is in memory. */
export type FootprintSeries = Readonly<Record<'log' | 'memory' | 'snapshot', NodeSeries>>;

/** The samples of the load and what follows it; null where a replica had none while others had. */
export function footprintSeries(nodes: ReadonlyMap<NodeId, readonly Footprint[]>): FootprintSeries {
  const times = new Set([...nodes.values()].flatMap((samples) => samples.map(({ atMs }) => atMs)));
  const atMs = [...times].filter((ms) => ms >= 0).sort((a, b) => a - b);
  const series = (bytes: (sample: Footprint) => number): NodeSeries => ({
    atMs,
    perNode: new Map([...nodes].map(([node, samples]) => [node, valuesAt(atMs, samples, bytes)])),
  });
  return {
    log: series(({ logBytes }) => logBytes),
    memory: series(memoryBytes),
    snapshot: series(({ snapshotBytes }) => snapshotBytes),
  };
}

function valuesAt(
  atMs: readonly number[],
  samples: readonly Footprint[],
  bytes: (sample: Footprint) => number,
): (number | null)[] {
  const byTime = new Map(samples.map((sample) => [sample.atMs, Math.round((bytes(sample) / 1024) * 100) / 100]));
  return atMs.map((ms) => byTime.get(ms) ?? null);
}
