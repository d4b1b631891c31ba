/** Stretches of time, and what is left of them without others. */

/** A stretch of time, in milliseconds since load began. */
export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** What is left of `span` without `holes`. */
export function subtract(span: Span, holes: readonly Span[]): Span[] {
  const left: Span[] = [];
  let { fromMs } = span;
  for (const hole of [...holes].sort((a, b) => a.fromMs - b.fromMs)) {
    if (hole.toMs <= fromMs || hole.fromMs >= span.toMs) continue;
    if (hole.fromMs > fromMs) left.push({ fromMs, toMs: hole.fromMs });
    fromMs = Math.max(fromMs, hole.toMs);
  }
  if (fromMs < span.toMs) left.push({ fromMs, toMs: span.toMs });
  return left;
}

/** How long they are in all; none overlaps another. */
export function lengthMs(spans: readonly Span[]): number {
  return spans.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);
}
