/** What all that a chart draws goes through: times in seconds, and caps that say what they leave out. */

/** Seconds since load began, to the millisecond. */
export function seconds(ms: number): number {
  return Math.round(ms) / 1000;
}

/** Keeps the first `most` and says so: `#` in `what` becomes `showing 8 of 20`. */
export function capped<T>(items: readonly T[], most: number, what: string, notes: string[]): T[] {
  if (items.length > most) notes.push(`${what.replace('#', `showing ${most} of ${items.length}`)}.`);
  return items.slice(0, most);
}
