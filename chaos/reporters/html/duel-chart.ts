/** The chart of ballots (terms, views) that were overtaken. */
import { formatCount, formatFigure, formatMs } from '../shared/format.ts';
import { chart, nodeKeys } from './chart.ts';
import type { ChartData } from './chart-data.ts';
import type { Html } from './escape.ts';
import type { NodeLines } from './node-lines.ts';
import { foldedTable, type Row } from './tables.ts';

/** A line per replica; nothing where no ballot was overtaken. */
export function duelChart({ drawn: { overtaken }, binMs, epochName }: ChartData): Html | null {
  if (overtaken === null) return null;
  const title = `${epochName.slice(0, 1).toUpperCase()}${epochName.slice(1)}s overtaken, by replica`;
  return chart({
    id: 'overtaken',
    title,
    description: `How many ${epochName}s of each replica came to nothing because a later one stood against them, in bins of ${formatMs(binMs)}. A few are legitimate where several replicas propose at once, when a leader is gone, say: they cost time, but nothing that was chosen is lost. Where they go on, two replicas overtake each other in turn (a duel), and the applied index stands still as long.`,
    keys: nodeKeys(overtaken),
    table: foldedTable({
      caption: `${title}; bins without any are left out`,
      header: ['Time', ...overtaken.nodes.map(({ node }) => node)],
      rows: rowsOf(overtaken),
    }),
  });
}

function rowsOf({ atS, nodes }: NodeLines): Row[] {
  return atS.flatMap((toS, bin): Row[] => {
    const counts = nodes.map(({ values }) => values[bin] ?? 0);
    if (counts.every((value) => value === 0)) return [];
    const fromS = atS[bin - 1] ?? 0;
    return [{ fromS, toS, cells: [`${formatFigure(fromS)} – ${formatFigure(toS)} s`, ...counts.map(formatCount)] }];
  });
}
