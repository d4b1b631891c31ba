/** The tables of what was compared and of what was checked. */
import { type Html, html } from '../../reporters/html/escape.ts';
import { icon, verdictIcon, verdictTone } from '../../reporters/html/icons.ts';
import { type Row, table } from '../../reporters/html/tables.ts';
import { formatCount } from '../../reporters/shared/format.ts';
import type { BenchResult, CheckedHistory, Ratio } from '../contracts.ts';
import {
  aimWords,
  checkWord,
  formatBound,
  formatRounds,
  formatSide,
  formatTimes,
  lineName,
  nothingCompared,
  ratioState,
  ratioWords,
} from './wording.ts';

function stateChip(ratio: Ratio): Html {
  const state = ratioState(ratio);
  if (state === 'no requirement') return html`${state}`;
  const [tone, drawing] = (
    { met: ['good', 'check'], 'not met': ['bad', 'cross'], 'not told': ['unsure', 'question'] } as const
  )[state];
  return html`<span class="chip ${tone}">${icon(drawing)}${ratioWords(ratio)}</span>`;
}

function side(each: Ratio['ours'], unit: Ratio['unit']): Html {
  return html`<strong>${formatSide(each.value, unit)}</strong> ${lineName(each)}<span class="batching">${each.batching}</span>`;
}

function ratioRow(ratio: Ratio): Row {
  const { name, unit, ours, theirs, better, required } = ratio;
  return {
    cells: [
      html`<strong>${name}</strong><span class="batching">${better === 'more' ? 'more' : 'less'} is better</span>`,
      stateChip(ratio),
      html`<strong>${formatTimes(ratio.ratio, better)}</strong><span class="batching">${formatRounds(ratio)}</span>`,
      html`<strong>${formatBound(required, better)}</strong><span class="batching">aim ${aimWords(ratio)}</span>`,
      side(ours, unit),
      side(theirs, unit),
    ],
  };
}

/** Every ratio: ours divided by theirs, and what is batched on each side. */
export function ratiosSection(result: BenchResult): Html {
  const { ratios } = result;
  const body =
    ratios.length === 0
      ? html`<p class="note">${nothingCompared(result)}</p>`
      : html`<p class="description">Ours divided by theirs: the median of the rounds, and below it the extremes. Below each side stands what shares a message, a log entry or a sync.</p>
${table({
  caption: 'Ratios',
  header: ['What', 'Outcome', 'Ratio', 'Required', 'Ours', 'Theirs'],
  words: [0, 1, 4, 5],
  rows: ratios.map(ratioRow),
})}`;
  return html`<section class="checks ratios" id="ratios"><h2>Ratios</h2>${body}</section>`;
}

function checkRow({ system, verdict, summary, operations, keys, file }: CheckedHistory): Row {
  const chip = html`<span class="chip ${verdictTone[verdict]}">${verdictIcon(verdict)}${checkWord(verdict)}</span>`;
  return { cells: [html`<strong>${system}</strong>`, chip, summary, formatCount(operations), formatCount(keys), file] };
}

/** What the checker said of each recorded history. */
export function checkedSection({ checks, plan }: BenchResult): Html {
  const none =
    plan.checkedKeys > 0
      ? 'Histories were to be recorded, but none was checked: whether the answers were right is not known.'
      : 'No history was checked: whether the answers were right is not known.';
  const body =
    checks.length === 0
      ? html`<p class="note">${none}</p>`
      : table({
          caption: 'Checked histories',
          header: ['System', 'History', 'In words', 'Operations', 'Keys', 'File'],
          words: [0, 1, 2, 5],
          rows: checks.map(checkRow),
        });
  return html`<section class="checks" id="checks"><h2>Were the answers right?</h2>${body}</section>`;
}
