/** Puts the page of a comparison together, with the parts and the looks of the report of a run and of a benchmark. */
import { join } from 'node:path';
import { readAssets, sharedAsset, sharedStyles } from '../../reporters/html/assets.ts';
import { renderDocument } from '../../reporters/html/document.ts';
import type { Comparison } from '../contracts.ts';
import { hopsSection, messagesSection, signaturesSection } from './bars.ts';
import { fastPathSection, loadSections, originSection } from './tables.ts';
import { compareBanner, compareMasthead, compareTiles, title } from './top.ts';

const assets = {
  scripts: ['theme.js', 'range.js', 'drawing.js', 'page.js'].map(sharedAsset),
  styles: [...sharedStyles, join('chaos', 'bench', 'reports', 'assets', 'bench.css')],
};

/** The content of `compare.html`. */
export function comparePage(comparison: Comparison): string {
  return renderDocument(
    {
      title,
      skipTo: 'verdict',
      header: compareMasthead(comparison),
      main: [
        compareBanner(comparison),
        compareTiles(comparison),
        messagesSection(comparison),
        signaturesSection(comparison),
        hopsSection(comparison),
        fastPathSection(comparison),
        ...loadSections(comparison),
        originSection(comparison),
      ],
      // Nothing is drawn by a script.
      data: { endS: 0 },
    },
    readAssets(assets),
  );
}
