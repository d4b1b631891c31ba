/** What decisions cost, as rows of tables: per slot of the log, and per operation. */
import type { WorkDone } from '../../contracts/statistics.ts';
import { formatBytes, formatCount, formatFigure } from './format.ts';

export const workHeader = ['work of all replicas', 'in all', 'per slot', 'per operation'] as const;

/** None where nothing was counted. */
export function workRows(work: WorkDone | null): string[][] {
  if (work === null) return [];
  const { slots, operations, messages, bytes, signatures, verifications, syncs, fastShare } = work;
  const row = (what: string, value: number, format: (value: number) => string = formatFigure) => [
    what,
    format(value),
    format(value / slots),
    operations === 0 ? '–' : format(value / operations),
  ];
  return [
    row('messages between replicas', messages),
    row('their bytes, about', bytes, (value) => formatBytes(Math.round(value))),
    row('signatures', signatures),
    row('verifications', verifications),
    row('syncs of the logs', syncs),
    ['slots decided', formatCount(slots), '–', '–'],
    ...(fastShare === null ? [] : [['decided by the fast path', `${formatFigure(fastShare * 100)} %`, '–', '–']]),
  ];
}

/** The messages by their types, the most frequent first: `vote 1,200, propose 300`. */
export function typesInWords({ messagesByType }: WorkDone): string {
  return Object.entries(messagesByType)
    .sort(([a, one], [b, other]) => other - one || (a < b ? -1 : 1))
    .map(([type, count]) => `${type} ${formatCount(count)}`)
    .join(', ');
}
