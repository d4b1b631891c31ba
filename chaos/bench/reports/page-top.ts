/** What a reader of a benchmark sees first: what was measured, whether it is what it must be, and the figures for it. */
import { type Html, html } from '../../reporters/html/escape.ts';
import { banner, mastheadOf } from '../../reporters/html/header.ts';
import { icon } from '../../reporters/html/icons.ts';
import { showing } from '../../reporters/html/tables.ts';
import { type Tile, type TileTone, tileList } from '../../reporters/html/tiles.ts';
import { formatCount, formatFigure, formatMs } from '../../reporters/shared/format.ts';
import { count } from '../../words.ts';
import type { BenchResult, CheckedHistory, Ratio } from '../contracts.ts';
import { latencyOf, linesOf, type PointFigures, pointsOf } from './figures.ts';
import { type BenchOutcome, benchMeaning, benchVerdict, bestPoint, provesSomething } from './verdict.ts';
import {
  boundFigure,
  formatRate,
  formatSide,
  formatTimes,
  lineName,
  loadName,
  type RatioState,
  ratioState,
  ratioWords,
  roundsName,
  told,
} from './wording.ts';

const mostTiles = 8;

const looks: Readonly<Record<BenchOutcome, { readonly tone: string; readonly icon: Parameters<typeof icon>[0] }>> = {
  MET: { tone: 'good', icon: 'check' },
  'NOT MET': { tone: 'bad', icon: 'cross' },
  'WRONG ANSWERS': { tone: 'bad', icon: 'cross' },
  UNDECIDED: { tone: 'unsure', icon: 'question' },
  MEASURED: { tone: 'neutral', icon: 'clock' },
  'NOTHING MEASURED': { tone: 'broken', icon: 'warning' },
};

/** `raft against etcd`, `raft, logs in wal, lmdb`, `multi-paxos beside raft`, `pbft (fast, linear)`. */
export function titleOf({ plan }: BenchResult): string {
  const peers = plan.peers.length === 0 ? '' : ` against ${plan.peers.join(', ')}`;
  const storages = plan.storages.length === 0 ? '' : `, logs in ${plan.storages.join(', ')}`;
  const protocols = plan.protocols.filter((protocol) => protocol !== plan.beside).join(', ');
  const modes = plan.modes.length === 0 ? '' : ` (${plan.modes.join(', ')})`;
  const beside = plan.beside === null ? '' : ` beside ${plan.beside}`;
  return `Benchmark: ${protocols}${modes}${beside}${storages}${peers}`;
}

export function benchMasthead(result: BenchResult, command: string): Html {
  const { plan } = result;
  return mastheadOf({
    title: titleOf(result),
    facts: [count(plan.nodes, 'replica'), plan.on, `seed ${plan.seed}`],
    commands: [['Copy run command', command]],
  });
}

export function benchBanner(result: BenchResult): Html {
  const { outcome, sentence } = benchVerdict(result);
  const { plan, machine } = result;
  const look = looks[outcome];
  const unchecked = result.checks.length === 0 ? html` <strong>No history was checked.</strong>` : null;
  return banner({
    tone: look.tone,
    icon: icon(look.icon),
    outcome,
    meaning: benchMeaning[outcome],
    sentence,
    below: html`<span class="label">Medians</span> of ${roundsName(plan)}, all on one machine of ${count(machine.cores, 'core')}.${unchecked}`,
  });
}

const ratioTones: Readonly<Record<RatioState, TileTone>> = {
  met: 'good',
  'not met': 'bad',
  'not told': 'unsure',
  'no requirement': 'neutral',
};

/** Figures stay on a line with their units. */
function unbroken(text: string): string {
  return text.replace(/(?<=\d) (?=×|ms|s|ops)|(?<=≤) /g, '\u00a0');
}

function ratioTile(ratio: Ratio): Tile {
  const { better, required, aim, unit, ours, theirs } = ratio;
  const goal = better === 'more' ? (aim ?? required) : required;
  const sign = better === 'more' ? '' : '≤ ';
  const bound = required === null ? 'nothing' : `${sign}${boundFigure(required, better)} ×`;
  const state = ratioState(ratio);
  return {
    label: ratio.name,
    value: formatTimes(ratio.ratio, better),
    limit: unbroken(`required ${bound}${aim === null ? '' : `, aim ${formatFigure(aim)} ×`}`),
    tone: ratioTones[state],
    share: goal === null || goal <= 0 || !Number.isFinite(ratio.ratio) ? null : ratio.ratio / goal,
    state: state === 'no requirement' ? '' : ratioWords(ratio),
    detail: unbroken(`${formatSide(ours.value, unit)} against ${formatSide(theirs.value, unit)}; ${lineName(theirs)}`),
  };
}

function checksTile(checks: readonly CheckedHistory[]): Tile[] {
  if (checks.length === 0) return [];
  const passed = checks.filter(({ verdict }) => verdict === 'valid').length;
  const wrong = checks.some(({ verdict }) => verdict === 'invalid');
  const all = passed === checks.length;
  return [
    {
      label: 'Checked histories passed',
      value: `${formatCount(passed)} of ${formatCount(checks.length)}`,
      limit: 'required: all',
      tone: all ? 'good' : wrong ? 'bad' : 'unsure',
      share: passed / checks.length,
      state: all ? 'met' : wrong ? 'not met' : 'undecided: not met',
    },
  ];
}

/** The best of a line, where nothing is compared. */
function bestTile(best: PointFigures): Tile {
  const p99 = told(latencyOf(best, 'p99')?.median, formatMs);
  return {
    label: lineName(best.line),
    value: told(best.opsPerSecond?.median, formatRate),
    limit: 'the most that was reached; nothing required',
    tone: 'neutral',
    share: null,
    detail: `${best.point.workload}, ${loadName(best.point)}; p99 ${p99}`,
  };
}

/** Each ratio beside what it must be; the best of each line where there are none. Green only where the figures prove something. */
export function benchTiles(result: BenchResult): Html {
  const points = pointsOf(result);
  const best = linesOf(result).flatMap(({ position }) => {
    const own = bestPoint(points.filter(({ line }) => line.position === position));
    return own === undefined ? [] : [bestTile(own)];
  });
  const figures = result.ratios.length > 0 ? result.ratios.map(ratioTile) : best;
  const shown = figures.slice(0, mostTiles);
  const proves = provesSomething(benchVerdict(result).outcome);
  const all = [...shown, ...checksTile(result.checks)].map(
    (tile): Tile => (tile.tone === 'good' && !proves ? { ...tile, tone: 'neutral' } : tile),
  );
  if (all.length === 0) return html``;
  return html`${tileList(all)}${showing(shown.length, figures.length, 'figures; the tables have them all')}`;
}
