/** A measured benchmark as files. */
import type { ReportFile } from '../../contracts/report.ts';
import type { BenchResult } from '../contracts.ts';
import { benchMarkdown } from './bench-markdown.ts';
import { benchPage } from './page.ts';
import { rerunCommand } from './rerun.ts';

export { costLines, ratioLines, tableLines, verdictLines } from './terminal.ts';
export { benchVerdict } from './verdict.ts';

/** Readable JSON: an array of numbers, a throughput per second say, stands on one line. */
function readableJson(value: unknown): string {
  return JSON.stringify(value, null, 2).replace(/\[\n[\s\d.,eE+-]+\]/g, (numbers) =>
    numbers.replace(/\s+/g, ' ').replace('[ ', '[').replace(' ]', ']'),
  );
}

/**
 * The files of a benchmark: `bench.json` has everything, `bench.md` is for a pull request, and `bench.html` opens from
 * disk and loads nothing.
 *
 * @param command - what measures the same again
 */
export function benchReports(result: BenchResult, command: string = rerunCommand(result.plan)): ReportFile[] {
  return [
    { name: 'bench.json', content: `${readableJson(result)}\n` },
    { name: 'bench.md', content: benchMarkdown(result, command) },
    { name: 'bench.html', content: benchPage(result, command) },
  ];
}
