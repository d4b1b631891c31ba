/** Small drawings that go with words: a verdict is never told by colour alone. */
import type { CheckResult, Outcome } from '../../contracts/verdict.ts';
import { type Html, html } from './escape.ts';

/** The class that gives an outcome its colours. */
export const outcomeTone: Readonly<Record<Outcome, string>> = {
  PASS: 'good',
  'FAIL (safety)': 'bad',
  'FAIL (liveness)': 'bad',
  INCONCLUSIVE: 'unsure',
  'OUTSIDE FAULT MODEL': 'unsure',
  'LAB ERROR': 'broken',
};

/** The class that gives the verdict of a check its colours. */
export const verdictTone: Readonly<Record<CheckResult['verdict'], string>> = {
  valid: 'good',
  invalid: 'bad',
  unknown: 'unsure',
};

const strokes = {
  check: html`<path d="M5 12.5l4.5 4.5L19 7.5"/>`,
  cross: html`<path d="M6.5 6.5l11 11M17.5 6.5l-11 11"/>`,
  clock: html`<circle cx="12" cy="12" r="8"/><path d="M12 7.5V12l3.2 2.2"/>`,
  question: html`<path d="M8.5 9.2a3.5 3.5 0 1 1 5.2 3c-1.1.7-1.7 1.3-1.7 2.6M12 18.5v.1"/>`,
  warning: html`<path d="M12 4.5L21 19.5H3zM12 10v4.5M12 17v.1"/>`,
};

/** A drawing by its name. */
export function icon(name: keyof typeof strokes): Html {
  return html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">${strokes[name]}</svg>`;
}

/** The drawing for an outcome. */
export function outcomeIcon(outcome: Outcome): Html {
  const names: Readonly<Record<Outcome, keyof typeof strokes>> = {
    PASS: 'check',
    'FAIL (safety)': 'cross',
    'FAIL (liveness)': 'clock',
    INCONCLUSIVE: 'question',
    'OUTSIDE FAULT MODEL': 'warning',
    'LAB ERROR': 'warning',
  };
  return icon(names[outcome]);
}

/** The drawing for the verdict of a check. */
export function verdictIcon(verdict: CheckResult['verdict']): Html {
  return icon(({ valid: 'check', invalid: 'cross', unknown: 'question' } as const)[verdict]);
}
