import type { Percentiles } from './contracts/statistics.ts';

/** The nearest-rank percentiles of `values`; null where there are none. */
export function percentiles(values: readonly number[]): Percentiles | null {
  const sorted = Float64Array.from(values).sort();
  const rank = (share: number) => roundMs(sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0);
  return sorted.length === 0 ? null : { p50: rank(0.5), p99: rank(0.99), p999: rank(0.999), max: rank(1) };
}

/** The middle of `values`, or between the two that are; not a number where there are none. */
export function median(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length / 2;
  const [low, high] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return low === undefined || high === undefined ? Number.NaN : (low + high) / 2;
}

/** To the microsecond: further digits are noise, and make files differ. Never a negative zero. */
export function roundMs(ms: number): number {
  return Math.round(ms * 1000) / 1000 + 0;
}
