/** A page as one file that loads nothing and runs nothing but its own scripts. */
import { createHash } from 'node:crypto';
import type { Assets } from './assets.ts';
import { embedJson, Html, html } from './escape.ts';

export interface Document {
  readonly title: string;
  /** Of the element that a reader without a mouse may skip to. */
  readonly skipTo: string;
  readonly header: Html;
  readonly main: readonly Html[];
  /** What the scripts draw. */
  readonly data: unknown;
}

function hashOf(content: string): string {
  return `'sha256-${createHash('sha256').update(content, 'utf8').digest('base64')}'`;
}

/** Nothing from outside, and only the scripts and styles whose contents have these hashes. */
function contentPolicy(assets: Assets): string {
  const scripts = [assets.library, ...assets.modules].map(hashOf).join(' ');
  const styles = assets.styles.map(hashOf).join(' ');
  return `default-src 'none'; script-src ${scripts}; style-src ${styles}; base-uri 'none'; form-action 'none'`;
}

/** Code goes in as it is, since its hash is part of the policy; it must then not end its own element. */
function element(open: string, content: string, close: string): Html {
  if (/<\/(script|style)|<!--/i.test(content)) throw new Error('an asset of the report would end its own element');
  return new Html(`${open}${content}${close}`);
}

/** The whole file. */
export function renderDocument({ title, skipTo, header, main, data }: Document, assets: Assets): string {
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
<a class="skip" href="#${skipTo}">Skip to the ${skipTo}</a>
${header}
<main>
${main.map((part) => html`${part}\n`)}</main>
<noscript><p class="note">The charts need JavaScript; the tables below each of them do not.</p></noscript>
<script type="application/json" id="data">${embedJson(data)}</script>
${element('<script>', assets.library, '</script>')}
${assets.modules.map((module) => element('<script type="module">', module, '</script>'))}
</body>
</html>
`;
  return page.text;
}
