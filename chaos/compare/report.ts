/** A comparison as files. */
import { markdownTable } from '../bench/reports/markdown.ts';
import type { ReportFile } from '../contracts/report.ts';
import type { Comparison } from './contracts.ts';
import { comparePage } from './page/page.ts';
import { conditions, fastPathHeading, fastPathRows, header, headings, legend, loads, rowsOf } from './table.ts';

/** `compare.json` has everything, `compare.md` is for a pull request, and `compare.html` opens from disk and loads nothing. */
export function compareFiles(comparison: Comparison): ReportFile[] {
  return [
    { name: 'compare.json', content: `${JSON.stringify(comparison, null, 2)}\n` },
    { name: 'compare.md', content: markdown(comparison) },
    { name: 'compare.html', content: comparePage(comparison) },
  ];
}

function markdown({ measured, ...rest }: Comparison): string {
  const tables = loads.flatMap((load) => {
    const [, ...rows] = rowsOf(measured.filter((each) => each.load === load));
    return [`## ${headings[load]}`, markdownTable(header, rows, [0, 4])];
  });
  const [fastHeader = [], ...fastPaths] = fastPathRows(measured);
  const fast = fastPaths.length === 0 ? [] : [`## ${fastPathHeading}`, markdownTable(fastHeader, fastPaths, [0])];
  return [
    '# What a decision costs',
    conditions(rest),
    `Splitbrain ${rest.version} (${rest.commit ?? 'no commit'}), ${rest.startedAt}.`,
    ...tables,
    ...fast,
    legend.map((line) => `- ${line}`).join('\n'),
    '',
  ].join('\n\n');
}
