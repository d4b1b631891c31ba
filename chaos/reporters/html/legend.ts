/** What the marks of a chart mean: the same shapes, dashes and hatches as on the canvas, beside their words. */
import { type Html, html } from './escape.ts';

export type Tone = 'blue' | 'orange' | 'green' | 'amber' | 'muted';

export interface Key {
  readonly kind: 'line' | 'area' | 'band' | 'hatch' | 'solid' | 'outline' | 'tick' | 'ring';
  readonly tone: Tone;
  readonly label: string;
  /** Of a line, as SVG writes it. */
  readonly dash?: string;
  /** Of a line whose points are marked. */
  readonly marker?: Marker;
}

/** The shapes of points: drawn in a legend as paths in a square of 12, and on a canvas from the same paths. */
export const markerPaths = {
  circle: 'M6 1.5a4.5 4.5 0 1 1 0 9a4.5 4.5 0 1 1 0-9z',
  square: 'M2 2h8v8H2z',
  triangle: 'M6 1l5 9H1z',
  diamond: 'M6 .5L11.5 6L6 11.5L.5 6z',
  point: 'M1 2h10l-5 9z',
  hexagon: 'M3.5 1.5h5L11.5 6l-3 4.5h-5L.5 6z',
} as const;

export type Marker = keyof typeof markerPaths;

const markers = Object.keys(markerPaths) as Marker[];

/** The shapes of points by the position of their line. */
export function markerOf(position: number): Marker {
  return markers[position % markers.length] ?? 'circle';
}

/** The dashes of lines by their position; `assets/theme.js` has the same. */
export const dashes = ['', '7 4', '2 3', '10 3 2 3', '5 2', '1 4', '12 4', '4 2 1 2'];

/** Keys for the lines of a chart, told apart by colour and by dash. */
export function lineKeys(lines: readonly (readonly [Tone, string])[]): Key[] {
  return lines.map(([tone, label], i) => ({ kind: 'line', tone, label, dash: dashes[i % dashes.length] ?? '' }));
}

function mark({ kind, dash, marker }: Key): Html {
  if (kind === 'line') {
    const point =
      marker === undefined ? null : html`<path class="fill" d="${markerPaths[marker]}" transform="translate(8)"/>`;
    return html`<path class="stroke" d="M1 6h26" stroke-dasharray="${dash ?? ''}"/>${point}`;
  }
  if (kind === 'area') {
    return html`<path class="tint" d="M1 12V6l8-3 9 4 9-4v9z"/><path class="stroke" d="M1 6l8-3 9 4 9-4"/>`;
  }
  if (kind === 'solid') return html`<rect class="fill" x="1" y="1" width="26" height="10" rx="2"/>`;
  if (kind === 'outline') return html`<rect class="stroke" x="1.5" y="2.5" width="25" height="7" rx="1.5"/>`;
  if (kind === 'ring') return html`<path class="stroke" d="${markerPaths.circle}" transform="translate(8)"/>`;
  if (kind === 'tick') return html`<path class="stroke" d="M14 1v10"/>`;
  if (kind === 'band') {
    return html`<rect class="tint" width="28" height="12"/><rect class="fill" width="28" height="2.5"/>`;
  }
  return html`<rect class="tint" width="28" height="12"/><path class="stroke thin" d="M0 12L12 0M8 12L20 0M16 12L28 0M24 12l4-4M0 4l4-4"/>`;
}

/** The mark of a key, before its words. */
export function keyMark(key: Key): Html {
  return html`<svg class="key ${key.tone}" viewBox="0 0 28 12" aria-hidden="true">${mark(key)}</svg>`;
}

/** The legend of a chart. */
export function legend(keys: readonly Key[]): Html {
  const items = keys.map((key) => html`<li>${keyMark(key)}${key.label}</li>`);
  return html`<ul class="legend" aria-label="Legend">${items}</ul>`;
}
