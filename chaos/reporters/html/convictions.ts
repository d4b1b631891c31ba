/** Who is convicted by what it signed: a sentence for each, and the statements that contradict each other. */
import { type Conviction, convictionSentences } from '../../evidence.ts';
import { formatAt } from '../shared/format.ts';
import { type Html, html } from './escape.ts';
import { type Row, showing, table } from './tables.ts';

const mostShown = 20;
/** Of a statement of many lines the first say what it is. */
const mostLines = 3;

function rowOf({ culprit, words, reportedBy, statements, atMs }: Conviction): Row {
  const [one, other] = statements.map(({ text }) => {
    const lines = text.split('\n');
    return [...lines.slice(0, mostLines), ...(lines.length > mostLines ? ['...'] : [])].join(' / ');
  });
  return {
    cells: [
      html`<strong>${culprit}</strong>`,
      words,
      one ?? '',
      other ?? '',
      `${reportedBy.join(', ')}; ${formatAt(atMs)}`,
    ],
  };
}

export function convictionsSection(convictions: readonly Conviction[]): Html {
  const sentences = convictionSentences(convictions).map((sentence) => html`<li>${sentence}</li>`);
  const shown = convictions.slice(0, mostShown);
  const body = table({
    caption: 'Statements that contradict each other',
    header: ['Culprit', 'What it did', 'It signed', 'And it signed', 'Reported by, first at'],
    words: [0, 1, 2, 3],
    rows: shown.map(rowOf),
  });
  return html`<section class="convictions" id="convictions"><h2>Convicted</h2><ul>${sentences}</ul>${body}${showing(shown.length, convictions.length, 'proofs')}</section>`;
}
