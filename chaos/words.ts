/** Milliseconds as seconds, for people: `12.345 s`. */
export function seconds(ms: number): string {
  return `${(Math.round(ms) / 1000).toFixed(3)} s`;
}
