import { shortFile } from './areas.ts';
import type { ProfileSummary } from './summarise.ts';

/** 0.1234 as `12.3 %`. */
export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** A summary as text for people: the areas and the functions that took the most time, `top` of each. */
export function formatSummary({ areas, functions, busyMs, idleMs, programMs }: ProfileSummary, top = 12): string {
  const line = (share: number, selfMs: number, what: string) =>
    `${percent(share).padStart(7)}  ${selfMs.toFixed(1).padStart(9)}  ${what}`;
  const head = (what: string) => `${'share'.padStart(7)}  ${'self ms'.padStart(9)}  ${what}`;
  return [
    `busy ${ms(busyMs)}, idle ${ms(idleMs)}, outside of any function ${ms(programMs)}; shares are of the busy time`,
    head('area'),
    ...areas.slice(0, top).map(({ area, selfMs, share }) => line(share, selfMs, area)),
    head('function'),
    ...functions.slice(0, top).map(({ name, file, line: at, selfMs, share }) => {
      const place = file === '' ? '' : `  ${shortFile(file)}${at === null ? '' : `:${at}`}`;
      return line(share, selfMs, `${name}${place}`);
    }),
  ].join('\n');
}

function ms(value: number): string {
  return `${value.toFixed(1)} ms`;
}
