/** The tables behind charts: what a chart draws, in figures. Rows carry their time, so that a brushed range filters them. */
import { formatCount } from '../shared/format.ts';
import { type Html, type HtmlValue, html } from './escape.ts';

/** A row and the stretch of the run that it is about, in seconds since load began. */
export interface Row {
  readonly cells: readonly HtmlValue[];
  readonly fromS?: number;
  readonly toS?: number;
}

export interface TableOptions {
  readonly caption: string;
  readonly header: readonly string[];
  readonly rows: readonly Row[];
  /** Columns of figures are set flush right; all but the first where this is not given. */
  readonly words?: readonly number[];
  /** How many rows there would be without a cap. */
  readonly total?: number;
}

/** Longer tables are cut, and say so. */
export const mostRows = 250;

/** `Showing x of y rows.`, where that is not all. */
export function showing(shown: number, total: number, what: string): Html | null {
  if (shown >= total) return null;
  return html`<p class="truncated">Showing ${formatCount(shown)} of ${formatCount(total)} ${what}.</p>`;
}

function row({ cells, fromS, toS }: Row, words: readonly number[]): Html {
  const tds = cells.map((cell, i) =>
    words.includes(i) ? html`<td>${cell}</td>` : html`<td class="figure">${cell}</td>`,
  );
  if (fromS === undefined) return html`<tr>${tds}</tr>`;
  return html`<tr data-from="${fromS}" data-to="${toS ?? fromS}">${tds}</tr>`;
}

/** A table with its caption; wide ones scroll within themselves. */
export function table({ caption, header, rows, words = [0], total = rows.length }: TableOptions): Html {
  const shown = rows.slice(0, mostRows);
  const heads = header.map((head, i) =>
    words.includes(i) ? html`<th scope="col">${head}</th>` : html`<th scope="col" class="figure">${head}</th>`,
  );
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${caption}"><table>
<caption>${caption}</caption>
<thead><tr>${heads}</tr></thead>
<tbody>${shown.map((each) => row(each, words))}</tbody>
</table></div>${showing(shown.length, total, 'rows')}`;
}

export interface FoldedTableOptions extends TableOptions {
  /** What stands there while it is folded. */
  readonly summary?: string;
}

/** A table that is folded away under its chart. */
export function foldedTable({ summary = 'Data table', ...options }: FoldedTableOptions): Html {
  return html`<details class="data"><summary>${summary}</summary>${table(options)}</details>`;
}
