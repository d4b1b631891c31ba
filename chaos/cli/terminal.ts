/** What people see: data goes to stdout, everything else to stderr. NO_COLOR is honoured (by picocolors). */
import pico from 'picocolors';
import type { Outcome } from '../contracts/verdict.ts';

const errColors = pico.createColors(pico.isColorSupported && process.stderr.isTTY === true);

/** Colours for stderr. */
export const color = errColors;

/** Data, for people and pipes. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Everything that is not data. */
export function tell(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** A verdict's outcome: icon, word and colour, never colour alone. */
export function outcomeMark(outcome: Outcome): string {
  switch (outcome) {
    case 'PASS':
      return color.green('✔ PASS');
    case 'FAIL (safety)':
      return color.red('✖ FAIL (safety)');
    case 'FAIL (liveness)':
      return color.red('✖ FAIL (liveness)');
    case 'INCONCLUSIVE':
      return color.yellow('? INCONCLUSIVE');
    case 'OUTSIDE FAULT MODEL':
      return color.yellow('! OUTSIDE FAULT MODEL');
    case 'LAB ERROR':
      return color.magenta('! LAB ERROR');
  }
}

/** Rows as aligned columns. */
export function columns(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, cell.length);
  }
  return rows
    .map((row) => row.map((cell, at) => (at === row.length - 1 ? cell : cell.padEnd(widths[at] ?? 0))).join('  '))
    .join('\n');
}

/** A command line that does the same again, quoted for a POSIX shell. */
export function commandLine(words: readonly string[]): string {
  return words.map((word) => (/^[\w./:=@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)).join(' ');
}
