/** The scripts and styles that a page carries within itself. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { packageRoot } from '../../../node/io/package-root.ts';

/** Names of files, relative to the package, in the order in which a page loads them; each builds on those before. */
export interface AssetNames {
  readonly scripts: readonly string[];
  readonly styles: readonly string[];
}

/** An asset that is shared by all pages. */
export function sharedAsset(name: string): string {
  return join('chaos', 'reporters', 'html', 'assets', name);
}

/** What every page looks like. */
export const sharedStyles = ['page.css', 'details.css', 'print.css'].map(sharedAsset);

/** What the report of a run is made of. */
export const runAssets: AssetNames = {
  scripts: ['theme.js', 'range.js', 'drawing.js', 'lines.js', 'lanes.js', 'page.js'].map(sharedAsset),
  styles: sharedStyles,
};

/** The contents of the scripts and styles of a page, in the order in which it needs them. */
export interface Assets {
  /** The charting library, uPlot; a classic script. */
  readonly library: string;
  /** Ours; modules without imports. */
  readonly modules: readonly string[];
  readonly styles: readonly string[];
}

/** Reads what a page is made of; the same for every page of a kind. Not compiled, so they stay where the source is. */
export function readAssets({ scripts, styles }: AssetNames): Assets {
  const { resolve } = createRequire(import.meta.url);
  const own = (name: string) => readFileSync(join(packageRoot, name), 'utf8');
  return {
    library: readFileSync(resolve('uplot/dist/uPlot.iife.min.js'), 'utf8'),
    modules: scripts.map(own),
    styles: [readFileSync(resolve('uplot/dist/uPlot.min.css'), 'utf8'), ...styles.map(own)],
  };
}
