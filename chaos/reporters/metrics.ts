import type { NodeId } from '../../node/contract/ids.ts';
import type { Reporter, ReportInput } from '../contracts/report.ts';
import { type Footprint, isFootprint, isResources, peakFootprint, samplesByNode } from '../samples.ts';
import { growth, type Sample } from './shared/resources.ts';

/** Version of the shape of `metrics.json`; rises when a reader of the old shape would misread the new one. */
const schemaVersion = 1;

const units = {
  atMs: 'milliseconds since load began',
  cpuPercent: 'percent of one core, over the last second',
  memoryBytes: 'bytes that the container uses',
  receivedBytes: 'bytes received since the container was started; a value that falls is that of a restarted container',
  sentBytes: 'bytes sent since the container was started; a value that falls is that of a restarted container',
  peak: 'the highest sample',
  total: 'bytes over all starts of the container',
};

/** Columns of equal length, and what they come to. */
function metricsOf(samples: readonly Sample[]): object {
  const column = (name: 'atMs' | 'cpuPercent' | 'memoryBytes' | 'receivedBytes' | 'sentBytes') =>
    samples.map((sample) => sample[name]);
  const peak = (values: readonly number[]) => values.reduce((highest, value) => Math.max(highest, value), 0);
  const total = (counter: readonly number[]) => growth(counter).reduce((sum, value) => sum + value, 0);
  const columns = {
    atMs: column('atMs'),
    cpuPercent: column('cpuPercent'),
    memoryBytes: column('memoryBytes'),
    receivedBytes: column('receivedBytes'),
    sentBytes: column('sentBytes'),
  };
  return {
    ...columns,
    peak: { cpuPercent: peak(columns.cpuPercent), memoryBytes: peak(columns.memoryBytes) },
    total: { receivedBytes: total(columns.receivedBytes), sentBytes: total(columns.sentBytes) },
  };
}

const footprintUnits = {
  atMs: 'milliseconds since load began',
  logRecords: 'records of the log that are on the disk',
  logBytes: 'bytes of those records, as they are encoded',
  snapshotBytes: 'bytes of the newest snapshot on the disk',
  heldBytes: 'bytes of the payloads of the log that are in memory',
  stateBytes: 'bytes of all keys, values and results of sessions',
  keys: 'keys of the machine',
  sessions: 'sessions of clients',
  peak: 'the highest sample; memoryBytes is heldBytes and stateBytes together',
};

function footprintOf(samples: readonly Footprint[]): object {
  const column = (figure: (sample: Footprint) => number) => samples.map(figure);
  return {
    atMs: column(({ atMs }) => atMs),
    logRecords: column(({ logRecords }) => logRecords),
    logBytes: column(({ logBytes }) => logBytes),
    snapshotBytes: column(({ snapshotBytes }) => snapshotBytes),
    heldBytes: column(({ heldBytes }) => heldBytes),
    stateBytes: column(({ stateBytes }) => stateBytes),
    keys: column(({ keys }) => keys),
    sessions: column(({ sessions }) => sessions),
    peak: peakFootprint(samples),
  };
}

/** A line per replica: a number a line would make lines endless. */
function linesOf<S>(nodes: ReadonlyMap<NodeId, S>, metricsOfNode: (samples: S) => object): string {
  const lines = [...nodes].map(
    ([node, samples]) => `    ${JSON.stringify(node)}: ${JSON.stringify(metricsOfNode(samples))}`,
  );
  return lines.length === 0 ? '{}' : `{\n${lines.join(',\n')}\n  }`;
}

/** Containers and replicas are sampled at moments of their own, so each has its columns apart. */
function render({ recording }: ReportInput): string | null {
  const containers = samplesByNode(recording, isResources);
  const footprints = samplesByNode(recording, isFootprint);
  if (containers.size + footprints.size === 0) return null;
  return `{
  "schemaVersion": ${schemaVersion},
  "units": ${JSON.stringify(units)},
  "nodes": ${linesOf(containers, metricsOf)},
  "footprintUnits": ${JSON.stringify(footprintUnits)},
  "footprints": ${linesOf(footprints, footprintOf)}
}
`;
}

/** What each replica held and its container used over time; no file where neither was sampled. */
const reporter: Reporter = {
  summary: 'metrics.json: what each replica held, and its container used, over time, for machines',
  render: (input) => {
    const content = render(input);
    return content === null ? [] : [{ name: 'metrics.json', content }];
  },
};

export default reporter;
