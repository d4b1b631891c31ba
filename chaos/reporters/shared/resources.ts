/** What the containers of replicas used, from samples of about one a second. Times are ms since load began. */
import type { NodeId } from '../../../node/contract/ids.ts';
import type { Resources } from '../../samples.ts';
import type { Span } from '../../spans.ts';
import { binWidthMs, type NodeSeries } from './series.ts';

/** What one container used at one moment. */
export type Sample = Resources;

/** By how much a counter grew up to each sample. A counter that fell began again from 0: its container was restarted. */
export function growth(counter: readonly number[]): number[] {
  return counter.map((value, i) => {
    const before = counter[i - 1] ?? 0;
    return value >= before ? value - before : value;
  });
}

/** CPU in percent of one core, memory in MiB, network in KiB received and sent per second. */
export type ResourceSeries = Readonly<Record<'cpu' | 'memory' | 'network', NodeSeries>>;

const stepMs = 1000;
/** A sample stands for the time since the one before it, but for no longer than this: its container was gone. */
const reachMs = 2000;

/** What each replica used, as means at equal steps; null while its container was gone. */
export function resourceSeries(nodes: ReadonlyMap<NodeId, readonly Sample[]>, endMs: number): ResourceSeries {
  const width = Math.max(stepMs, binWidthMs(endMs));
  const count = Math.max(1, Math.ceil(endMs / width));
  const atMs = Array.from({ length: count }, (_, position) => Math.min(endMs, (position + 1) * width));
  const series = (readings: (samples: readonly Sample[]) => Reading[]): NodeSeries => ({
    atMs,
    perNode: new Map([...nodes].map(([node, samples]) => [node, binned(readings(samples), count, width)])),
  });
  return {
    cpu: series((samples) => readingsOf(samples, ({ cpuPercent }) => cpuPercent)),
    memory: series((samples) => readingsOf(samples, ({ memoryBytes }) => memoryBytes / 2 ** 20)),
    network: series(trafficOf),
  };
}

/** A figure that held from one moment to another. */
interface Reading extends Span {
  readonly value: number;
}

function readingsOf(samples: readonly Sample[], value: (sample: Sample, position: number) => number): Reading[] {
  return samples.map((sample, i) => ({
    fromMs: Math.max(sample.atMs - reachMs, samples[i - 1]?.atMs ?? sample.atMs - stepMs),
    toMs: sample.atMs,
    value: value(sample, i),
  }));
}

/** How long the first sample of a counter took is not known, so it has no rate. */
function trafficOf(samples: readonly Sample[]): Reading[] {
  const received = growth(samples.map(({ receivedBytes }) => receivedBytes));
  const sent = growth(samples.map(({ sentBytes }) => sentBytes));
  const rate = ({ atMs }: Sample, i: number) => {
    const seconds = (atMs - (samples[i - 1]?.atMs ?? atMs)) / 1000;
    return seconds > 0 ? ((received[i] ?? 0) + (sent[i] ?? 0)) / 1024 / seconds : 0;
  };
  return readingsOf(samples, rate).slice(1);
}

/** The mean of each bin, in which a reading weighs as much as it lasts; null where there is none. */
function binned(readings: readonly Reading[], count: number, width: number): (number | null)[] {
  const bins = Array.from({ length: count }, () => ({ sum: 0, heldMs: 0 }));
  for (const { fromMs, toMs, value } of readings) {
    for (let i = Math.max(0, Math.floor(fromMs / width)); i * width < toMs; i += 1) {
      const bin = bins[i];
      if (bin === undefined) break;
      const heldMs = Math.min(toMs, (i + 1) * width) - Math.max(fromMs, i * width);
      bin.sum += value * heldMs;
      bin.heldMs += heldMs;
    }
  }
  return bins.map(({ sum, heldMs }) => (heldMs > 0 ? Math.round((sum / heldMs) * 100) / 100 : null));
}
