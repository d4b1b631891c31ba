/** The panel of what replicas hold. */
import { formatFigure } from '../shared/format.ts';
import { nodeLinesChart } from './chart.ts';
import type { ChartData } from './chart-data.ts';
import { type Html, html } from './escape.ts';

/** Three charts with a line per replica; nothing where that was not sampled. */
export function footprintCharts({ drawn: { footprints } }: ChartData): Html | null {
  if (footprints === null) return null;
  return html`<div class="panel" role="group" aria-labelledby="footprints-title">
<h3 id="footprints-title">Log and memory by replica</h3>
<p class="description">As sampled from the replicas. A log grows with every write and falls where it is cut behind a snapshot; a line breaks off while its replica is gone.</p>
${nodeLinesChart({
  id: 'log',
  title: 'Log on disk',
  description: 'The records that are left of the log, as they are encoded, in KiB.',
  lines: footprints.log,
  caption: 'Log on disk, in KiB',
  figure: formatFigure,
  small: true,
})}${nodeLinesChart({
  id: 'held',
  title: 'Held in memory',
  description:
    'Payloads of the log, keys, values and results of sessions, in KiB; what the heap needs for them besides is not counted.',
  lines: footprints.memory,
  caption: 'Held in memory, in KiB',
  figure: formatFigure,
  small: true,
})}${nodeLinesChart({
  id: 'snapshot',
  title: 'Newest snapshot',
  description: 'As it lies on the disk, in KiB.',
  lines: footprints.snapshot,
  caption: 'Newest snapshot, in KiB',
  figure: formatFigure,
  small: true,
})}</div>`;
}
