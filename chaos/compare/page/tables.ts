/** All figures of a comparison as tables, and where they come from. */
import { type Html, html } from '../../reporters/html/escape.ts';
import { table } from '../../reporters/html/tables.ts';
import type { Comparison } from '../contracts.ts';
import { fastPathHeading, fastPathRows, header, headings, legend, loads, rowsOf } from '../table.ts';
import { rerunCommand } from './rerun.ts';

/** How often the fast path was of use, twice; nothing where no replica tells. */
export function fastPathSection({ measured }: Comparison): Html {
  const [heads = [], ...rows] = fastPathRows(measured);
  if (rows.length === 0) return html``;
  return html`<section class="points" id="fast-path"><h2>${fastPathHeading}</h2>
<p class="description">The share of decisions that the shares of all replicas brought about. One slow replica is enough to take it away: the others go on without it, by the slow path.</p>${table(
    {
      caption: `${fastPathHeading}: of all decisions, each replica its own`,
      header: heads,
      rows: rows.map((cells) => ({ cells })),
    },
  )}</section>`;
}

/** Every figure, load by load. */
export function loadSections({ measured }: Comparison): Html[] {
  return loads.map((load, at) => {
    const [, ...rows] = rowsOf(measured.filter((each) => each.load === load));
    return html`<section class="points" id="load-${at}"><h2>${headings[load]}</h2>${table({
      caption: `${headings[load]}: what a decision cost`,
      header: [...header],
      rows: rows.map((cells) => ({ cells })),
    })}</section>`;
  });
}

/** What the columns are, and how to count again. */
export function originSection(comparison: Comparison): Html {
  const { version, commit, startedAt } = comparison;
  const facts = [
    ...legend.map((line) => line.split(/: (.*)/s).slice(0, 2) as [string, string]),
    ['splitbrain', `${version} (${commit ?? 'no commit'})`],
    ['Started', startedAt],
  ] as const;
  return html`<section id="provenance"><h2>Run it again</h2>
<p class="command-line"><span class="label">The same commands, from the same seed</span><code>${rerunCommand(comparison)}</code></p>
<dl class="provenance">${facts.map(([name, text]) => html`<div><dt>${name}</dt><dd>${text}</dd></div>`)}</dl>
<p class="truncated">Every figure is in compare.json, with all messages by their types.</p></section>`;
}
