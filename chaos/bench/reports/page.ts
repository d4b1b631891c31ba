/** Puts the page of a benchmark together, with the parts and the looks of the report of a run. */
import { join } from 'node:path';
import { readAssets, sharedAsset, sharedStyles } from '../../reporters/html/assets.ts';
import { renderDocument } from '../../reporters/html/document.ts';
import type { BenchResult } from '../contracts.ts';
import { benchCharts } from './chart-data.ts';
import { furtherCurves, heroSection, ratesSection } from './page-charts.ts';
import { costSection } from './page-costs.ts';
import { fairnessSection, originSection } from './page-origin.ts';
import { latencySection, throughputSection } from './page-points.ts';
import { checkedSection, ratiosSection } from './page-ratios.ts';
import { benchBanner, benchMasthead, benchTiles, titleOf } from './page-top.ts';
import { benchVerdict } from './verdict.ts';

const own = (name: string) => join('chaos', 'bench', 'reports', 'assets', name);

const benchAssets = {
  scripts: [
    ...['theme.js', 'range.js', 'drawing.js'].map(sharedAsset),
    own('curves.js'),
    own('rates.js'),
    sharedAsset('page.js'),
  ],
  styles: [...sharedStyles, own('bench.css')],
};

/** The content of `bench.html`. */
export function benchPage(result: BenchResult, command: string): string {
  const charts = benchCharts(result);
  return renderDocument(
    {
      title: `${benchVerdict(result).outcome}: ${titleOf(result)}`,
      skipTo: 'verdict',
      header: benchMasthead(result, command),
      main: [
        benchBanner(result),
        benchTiles(result),
        heroSection(charts),
        ...furtherCurves(charts),
        ratiosSection(result),
        checkedSection(result),
        throughputSection(result),
        latencySection(result),
        ratesSection(charts),
        costSection(result),
        fairnessSection(result),
        originSection(result, command),
      ],
      data: charts.drawn,
    },
    readAssets(benchAssets),
  );
}
