/** The panel of what the containers of replicas used. */
import { formatFigure } from '../shared/format.ts';
import { nodeLinesChart } from './chart.ts';
import type { ChartData } from './chart-data.ts';
import { type Html, html } from './escape.ts';

/** Three charts with a line per replica; nothing where nothing runs in containers. */
export function resourceCharts({ drawn: { resources } }: ChartData): Html | null {
  if (resources === null) return null;
  return html`<div class="panel" role="group" aria-labelledby="containers-title">
<h3 id="containers-title">Containers: CPU, memory and network by replica</h3>
<p class="description">As the engine samples each container, about once a second. A line breaks off while its container is gone.</p>
${nodeLinesChart({
  id: 'cpu',
  title: 'CPU',
  description: 'Percent of one core.',
  lines: resources.cpu,
  caption: 'CPU, in percent of one core',
  figure: formatFigure,
  small: true,
})}${nodeLinesChart({
  id: 'memory',
  title: 'Memory',
  description: 'What the container holds, in MiB.',
  lines: resources.memory,
  caption: 'Memory, in MiB',
  figure: formatFigure,
  small: true,
})}${nodeLinesChart({
  id: 'network',
  title: 'Network',
  description: 'Received and sent together, in KiB per second.',
  lines: resources.network,
  caption: 'Network, received and sent, in KiB per second',
  figure: formatFigure,
  small: true,
})}</div>`;
}
