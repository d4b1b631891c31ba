/** Puts a report together as one file that loads nothing and runs nothing but its own scripts. */
import { createHash } from 'node:crypto';
import type { ReportInput } from '../../contracts.ts';
import { type Assets, readAssets } from './assets.ts';
import { chartData } from './chart-data.ts';
import { chartSection, heroSection } from './charts.ts';
import { counterExampleSection } from './counter-example.ts';
import { checksSection, provenanceSection, strikesSection } from './details.ts';
import { embedJson, Html, html } from './escape.ts';
import { masthead, verdictBanner } from './header.ts';
import { tiles } from './tiles.ts';

function hashOf(content: string): string {
  return `'sha256-${createHash('sha256').update(content, 'utf8').digest('base64')}'`;
}

/** Nothing from outside, and only the scripts and styles whose contents have these hashes. */
export function contentPolicy(assets: Assets): string {
  const scripts = [assets.library, ...assets.modules].map(hashOf).join(' ');
  const styles = assets.styles.map(hashOf).join(' ');
  return `default-src 'none'; script-src ${scripts}; style-src ${styles}; base-uri 'none'; form-action 'none'`;
}

/** Code goes in as it is, since its hash is part of the policy; it must then not end its own element. */
function element(open: string, content: string, close: string): Html {
  if (/<\/(script|style)|<!--/i.test(content)) throw new Error('an asset of the report would end its own element');
  return new Html(`${open}${content}${close}`);
}

/** The whole page. */
export function renderPage(input: ReportInput): string {
  const assets = readAssets();
  const { plan } = input.recording;
  const data = chartData(input);
  const title = `${input.verdict.outcome}: ${plan.experimentName}, ${plan.protocol}, seed ${plan.seed}`;
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${contentPolicy(assets)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
${assets.styles.map((style) => element('<style>', style, '</style>'))}
</head>
<body>
<a class="skip" href="#verdict">Skip to the verdict</a>
${masthead(input)}
<main>
${verdictBanner(input)}
${tiles(input)}
${heroSection(data)}
${counterExampleSection(input)}
${checksSection(input)}
${chartSection(data)}
${strikesSection(input)}
${provenanceSection(input, data)}
</main>
<noscript><p class="note">The charts need JavaScript; the tables below each of them do not.</p></noscript>
<script type="application/json" id="data">${embedJson(data.drawn)}</script>
${element('<script>', assets.library, '</script>')}
${assets.modules.map((module) => element('<script type="module">', module, '</script>'))}
</body>
</html>
`;
  return page.text;
}
