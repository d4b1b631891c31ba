import type { NodeId, Reporter, ReportInput } from '../contracts.ts';
import { growth, type Sample, samplesByNode } from './shared/resources.ts';

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

/** A line per replica: a sample a second would make a line per number endless. */
function render({ recording }: ReportInput): string | null {
  const nodes = [...samplesByNode(recording)].map(([node, samples]): [NodeId, object] => [node, metricsOf(samples)]);
  if (nodes.length === 0) return null;
  const lines = nodes.map(([node, metrics]) => `    ${JSON.stringify(node)}: ${JSON.stringify(metrics)}`);
  return `{
  "schemaVersion": ${schemaVersion},
  "units": ${JSON.stringify(units)},
  "nodes": {
${lines.join(',\n')}
  }
}
`;
}

/** What each replica's container used over time; no file where there are no containers. */
const reporter: Reporter = {
  summary: 'metrics.json: CPU, memory and network of each container over time, for machines',
  render: (input) => {
    const content = render(input);
    return content === null ? [] : [{ name: 'metrics.json', content }];
  },
};

export default reporter;
