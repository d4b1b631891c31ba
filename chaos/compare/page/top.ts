/** What a reader of a comparison sees first: whether what was counted is what the literature has, and the figures for it. */
import { type Html, html } from '../../reporters/html/escape.ts';
import { banner, mastheadOf } from '../../reporters/html/header.ts';
import { icon } from '../../reporters/html/icons.ts';
import { type Tile, tileList } from '../../reporters/html/tiles.ts';
import { formatFigure } from '../../reporters/shared/format.ts';
import { count } from '../../words.ts';
import type { Comparison, Measured } from '../contracts.ts';
import { type FastPath, fastPathsOf, formatShare, isSame } from '../fast-path.ts';
import { conditions, nameOf } from '../table.ts';
import { rerunCommand } from './rerun.ts';

export const title = 'What a decision costs';

export function compareMasthead(comparison: Comparison): Html {
  const protocols = [...new Set(comparison.measured.map(({ protocol }) => protocol))];
  return mastheadOf({
    title,
    facts: [protocols.join(', '), 'sim', `seed ${comparison.settings.seed}`],
    commands: [['Copy command', rerunCommand(comparison)]],
  });
}

/** Whether a contestant sent as many messages for a decision as the literature has; null where that has nothing. */
function isAsExpected({ expected, commitMessages }: Measured): boolean | null {
  return expected === null ? null : expected.messages === commitMessages;
}

const calmOf = ({ measured }: Comparison) => measured.filter(({ load }) => load === 'calm');

const named = (each: Measured): string => `${nameOf(each)} with ${count(each.nodes, 'replica')}`;

export function compareBanner(comparison: Comparison): Html {
  const known = calmOf(comparison).filter(({ expected }) => expected !== null);
  const others = known.filter((each) => isAsExpected(each) === false);
  const isMet = known.length > 0 && others.length === 0;
  const [tone, drawing, outcome, meaning] = isMet
    ? (['good', 'check', 'AS EXPECTED', 'Messages are counted as the literature counts them.'] as const)
    : known.length === 0
      ? (['neutral', 'clock', 'MEASURED', 'The literature is not known to have figures for these.'] as const)
      : (['bad', 'cross', 'NOT AS EXPECTED', 'What was counted is not what the literature has.'] as const);
  return banner({
    ...{ tone, icon: icon(drawing), outcome, meaning },
    sentence: [sentenceOf(known.length, others), ...fastPathsOf(comparison.measured).map(fastPathInWords)].join(' '),
    below: html`<span class="label">Held equal</span> ${conditions(comparison)}`,
  });
}

function sentenceOf(known: number, others: readonly Measured[]): string {
  if (known === 0) return 'Every command was decided.';
  if (others.length === 0)
    return `In calm ${known === 1 ? 'the group sends' : `all ${known} groups send`} exactly the messages of the literature for a decision.`;
  const told = others.map(
    (each) => `${named(each)} sends ${formatFigure(each.commitMessages)} in place of ${each.expected?.messages}`,
  );
  return `In calm, for a decision: ${told.join('; ')}.`;
}

function fastPathInWords({ calm, calmShare, slowShare }: FastPath): string {
  const [inCalm, besideSlow] = [calmShare, slowShare].map(formatShare);
  return `${nameOf(calm)} decides ${inCalm} by its fast path, and ${besideSlow} beside a slow replica.`;
}

/** For each contestant: its messages beside the literature's, and what else a decision takes. */
export function compareTiles(comparison: Comparison): Html {
  const fastPaths = fastPathsOf(comparison.measured);
  return tileList(
    calmOf(comparison).map((each): Tile => {
      const { expected, commitMessages, signatures, hops, nodes } = each;
      const fast = fastPaths.find(({ calm }) => isSame(calm, each));
      const share =
        fast === undefined
          ? ''
          : `; fast path ${formatShare(fast.calmShare)}, beside a slow replica ${formatShare(fast.slowShare)}`;
      const asExpected = isAsExpected(each);
      return {
        label: `${nameOf(each)}, n = ${nodes}`,
        value: `${formatFigure(commitMessages)} messages`,
        limit:
          expected === null ? 'the literature is not known' : `literature: ${expected.messages} = ${expected.formula}`,
        tone: asExpected === null ? 'neutral' : asExpected ? 'good' : 'bad',
        share: null,
        state: asExpected === null ? '' : asExpected ? 'equal' : 'differs',
        detail: `${formatFigure(signatures)} signatures, ${formatFigure(hops)} hops${share}`,
      };
    }),
  );
}
