/** What the marks of a chart mean: the same shapes, dashes and hatches as on the canvas, beside their words. */
import { type Html, html } from './escape.ts';

export type Tone = 'blue' | 'orange' | 'green' | 'amber' | 'muted';

export interface Key {
  readonly kind: 'line' | 'area' | 'band' | 'hatch' | 'solid' | 'outline' | 'tick';
  readonly tone: Tone;
  readonly label: string;
  /** Of a line, as SVG writes it. */
  readonly dash?: string;
}

/** The dashes of lines by their position; `assets/lines.js` draws with the same. */
const dashes = ['', '7 4', '2 3', '10 3 2 3', '5 2', '1 4', '12 4', '4 2 1 2'];

/** Keys for the lines of a chart, told apart by colour and by dash. */
export function lineKeys(lines: readonly (readonly [Tone, string])[]): Key[] {
  return lines.map(([tone, label], i) => ({ kind: 'line', tone, label, dash: dashes[i % dashes.length] ?? '' }));
}

function mark({ kind, dash }: Key): Html {
  if (kind === 'line') return html`<path class="stroke" d="M1 6h26" stroke-dasharray="${dash ?? ''}"/>`;
  if (kind === 'area') {
    return html`<path class="tint" d="M1 12V6l8-3 9 4 9-4v9z"/><path class="stroke" d="M1 6l8-3 9 4 9-4"/>`;
  }
  if (kind === 'solid') return html`<rect class="fill" x="1" y="1" width="26" height="10" rx="2"/>`;
  if (kind === 'outline') return html`<rect class="stroke" x="1.5" y="2.5" width="25" height="7" rx="1.5"/>`;
  if (kind === 'tick') return html`<path class="stroke" d="M14 1v10"/>`;
  if (kind === 'band') {
    return html`<rect class="tint" width="28" height="12"/><rect class="fill" width="28" height="2.5"/>`;
  }
  return html`<rect class="tint" width="28" height="12"/><path class="stroke thin" d="M0 12L12 0M8 12L20 0M16 12L28 0M24 12l4-4M0 4l4-4"/>`;
}

/** The legend of a chart. */
export function legend(keys: readonly Key[]): Html {
  const items = keys.map(
    (key) =>
      html`<li><svg class="key ${key.tone}" viewBox="0 0 28 12" aria-hidden="true">${mark(key)}</svg>${key.label}</li>`,
  );
  return html`<ul class="legend" aria-label="Legend">${items}</ul>`;
}
