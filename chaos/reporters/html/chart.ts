/** The place of a chart: title, description, legend and data table. The drawing happens in the browser. */
import { formatFigure } from '../shared/format.ts';
import { type Html, html } from './escape.ts';
import { type Key, legend, lineKeys } from './legend.ts';
import type { NodeLines } from './node-lines.ts';
import { foldedTable, type Row } from './tables.ts';

export interface Chart {
  /** Also the name under which `assets/page.js` knows how to draw it, unless `drawing` is. */
  readonly id: string;
  readonly drawing?: string;
  readonly title: string;
  readonly description: string;
  /** None where several charts share a legend. */
  readonly keys: readonly Key[];
  /** Null where several charts share a table. */
  readonly table: Html | null;
  /** Lanes need room for each of them; other charts have one height. */
  readonly lanes?: number;
  /** One of several in a panel that has a title of its own. */
  readonly small?: boolean;
}

/** A chart in its frame. */
export function chart({ id, drawing = id, title, description, keys, table, lanes, small = false }: Chart): Html {
  const size = lanes === undefined ? null : html` data-lanes="${lanes}"`;
  const heading = small ? html`<h4 id="${id}-title">${title}</h4>` : html`<h3 id="${id}-title">${title}</h3>`;
  return html`<figure class="chart${small ? ' small' : ''}" id="${id}" aria-labelledby="${id}-title" aria-describedby="${id}-description">
<figcaption>${heading}<p class="readout" aria-hidden="true"></p>
<p class="description" id="${id}-description">${description}</p></figcaption>
<div class="plot" role="img" aria-labelledby="${id}-title" aria-describedby="${id}-description" data-chart="${drawing}"${size}></div>
${keys.length === 0 ? null : legend(keys)}
${table}
</figure>`;
}

export interface NodeLinesChart extends Omit<Chart, 'keys' | 'table' | 'lanes'> {
  readonly lines: NodeLines;
  /** Of the data table. */
  readonly caption: string;
  /** Writes a figure of the data table. */
  readonly figure: (value: number) => string;
}

const mostTableRows = 80;
const tones = ['blue', 'orange', 'green', 'amber'] as const;

/** Keys for a line per replica, in the colours of the drawing. */
export function nodeKeys({ nodes }: NodeLines): Key[] {
  return lineKeys(nodes.map(({ node }, i) => [tones[i % tones.length] ?? 'muted', node]));
}

/** A chart with a line per replica. */
export function nodeLinesChart({ lines, caption, figure, ...place }: NodeLinesChart): Html {
  const { atS, nodes } = lines;
  const step = Math.ceil(atS.length / mostTableRows);
  const cell = (value: number | null | undefined) => (value === null || value === undefined ? '–' : figure(value));
  const rows = atS.flatMap((at, i): Row[] => {
    if (i % step !== step - 1 && i !== atS.length - 1) return [];
    return [{ fromS: at, toS: at, cells: [`${formatFigure(at)} s`, ...nodes.map(({ values }) => cell(values[i]))] }];
  });
  return chart({
    ...place,
    keys: nodeKeys(lines),
    table: foldedTable({ caption, header: ['Time', ...nodes.map(({ node }) => node)], rows, total: atS.length }),
  });
}
