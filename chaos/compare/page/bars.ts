/** What a decision costs each contestant in calm, as bars, with what the literature has for it as a mark on each. */
import { type Html, html } from '../../reporters/html/escape.ts';
import { type Key, legend, type Tone } from '../../reporters/html/legend.ts';
import { type Row, table } from '../../reporters/html/tables.ts';
import { formatFigure } from '../../reporters/shared/format.ts';
import type { Comparison, Expected, Measured } from '../contracts.ts';
import { nameOf } from '../table.ts';

/** One figure of a decision. */
interface Figure {
  readonly id: string;
  readonly heading: string;
  readonly description: string;
  /** The head of the column of the figures. */
  readonly unit: string;
  readonly measured: (each: Measured) => number;
  readonly expected: (expected: Expected) => number;
  readonly formula: (expected: Expected) => string;
}

const widest = 198;

/** Protocols are told apart by their names as well. */
const tones: readonly Tone[] = ['blue', 'orange', 'green', 'amber'];

/** The figures stand beside it, so it is hidden from screen readers. */
function bar(value: number, mark: number | null, most: number, tone: Tone): Html {
  const at = (part: number) => Math.round((Math.max(0, part) / Math.max(most, 1)) * widest * 10) / 10;
  const line = mark === null ? null : html`<path class="whisker" d="M${at(mark)} 0V12"/>`;
  return html`<svg class="bar key ${tone}" viewBox="0 0 200 12" preserveAspectRatio="none" aria-hidden="true"><rect class="fill" y="2" width="${at(value)}" height="8"/>${line}</svg>`;
}

function rowsOf(calm: readonly Measured[], { measured, expected, formula }: Figure): Row[] {
  const marks = calm.map((each) => (each.expected === null ? null : expected(each.expected)));
  const most = Math.max(...calm.map(measured), ...marks.map((mark) => mark ?? 0));
  const protocols = [...new Set(calm.map(({ protocol }) => protocol))];
  return calm.map((each, i) => {
    const tone = tones[protocols.indexOf(each.protocol) % tones.length] ?? 'blue';
    const mark = marks[i] ?? null;
    return {
      cells: [
        nameOf(each),
        bar(measured(each), mark, most, tone),
        String(each.nodes),
        formatFigure(measured(each)),
        each.expected === null || mark === null ? '–' : saidOf(mark, formula(each.expected)),
      ],
    };
  });
}

/** `24 = 2n(n - 1)`; a formula that is its own value stands alone. */
function saidOf(value: number, formula: string): string {
  return formula === String(value) ? formula : `${formatFigure(value)} = ${formula}`;
}

const keys: readonly Key[] = [
  { kind: 'solid', tone: 'blue', label: 'counted' },
  { kind: 'tick', tone: 'muted', label: 'by the literature' },
];

function section({ measured }: Comparison, figure: Figure): Html {
  const { id, heading, description, unit } = figure;
  const calm = measured.filter(({ load }) => load === 'calm');
  return html`<section class="points" id="${id}"><h2>${heading}</h2>
<p class="description">${description}</p>${legend(keys)}${table({
    caption: `${heading}, in calm`,
    header: ['protocol', '', 'n', unit, 'by the literature'],
    words: [0, 1],
    rows: rowsOf(calm, figure),
  })}</section>`;
}

export const messagesSection = (comparison: Comparison): Html =>
  section(comparison, {
    id: 'messages',
    heading: 'Messages for a decision',
    description:
      'Between replicas, for the command in the middle slot, without what an idle group sends. n is the number of replicas.',
    unit: 'messages',
    measured: ({ commitMessages }) => commitMessages,
    expected: ({ messages }) => messages,
    formula: ({ formula }) => formula,
  });

export const signaturesSection = (comparison: Comparison): Html =>
  section(comparison, {
    id: 'signatures',
    heading: 'Signatures for a decision',
    description:
      'Of all replicas together, over the slots; those of clients are left out. What is above the literature is checkpoints, which each replica signs every few slots.',
    unit: 'signatures',
    measured: ({ signatures }) => signatures,
    expected: ({ signatures }) => signatures,
    formula: ({ signaturesFormula }) => signaturesFormula,
  });

export const hopsSection = (comparison: Comparison): Html =>
  section(comparison, {
    id: 'hops',
    heading: 'Hops to an answer',
    description:
      "The median latency of the client in units of the one-way delay, from its request to the answer that it takes. What is above the literature is the replicas' disks.",
    unit: 'hops',
    measured: ({ hops }) => hops,
    expected: ({ hops }) => hops,
    formula: ({ hops }) => String(hops),
  });
