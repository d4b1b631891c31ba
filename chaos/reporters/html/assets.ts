/** The scripts and styles that a report carries within itself. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { packageRoot } from '../../../node/io/package-root.ts';

/** In the order in which a page loads them; each builds on those before. */
const scriptNames = ['theme.js', 'range.js', 'drawing.js', 'lines.js', 'lanes.js', 'page.js'];
const styleNames = ['page.css', 'details.css', 'print.css'];

/** The contents of the scripts and styles of a report, in the order in which a page needs them. */
export interface Assets {
  /** The charting library, uPlot; a classic script. */
  readonly library: string;
  /** Ours; modules without imports. */
  readonly modules: readonly string[];
  readonly styles: readonly string[];
}

/** Reads what a report is made of; the same for every report. Not compiled, so they stay where the source is. */
export function readAssets(): Assets {
  const folder = join(packageRoot, 'chaos', 'reporters', 'html', 'assets');
  const { resolve } = createRequire(import.meta.url);
  const own = (name: string) => readFileSync(join(folder, name), 'utf8');
  return {
    library: readFileSync(resolve('uplot/dist/uPlot.iife.min.js'), 'utf8'),
    modules: scriptNames.map(own),
    styles: [readFileSync(resolve('uplot/dist/uPlot.min.css'), 'utf8'), ...styleNames.map(own)],
  };
}
