import { decodeFromCompressedBase64 } from 'hdr-histogram-js';
import { describe, expect, it } from 'vitest';
import type { LatencyRecord } from '../contracts.ts';
import { Latencies } from './latencies.ts';

function recordOf(records: Readonly<Record<string, LatencyRecord>>, kind: string): LatencyRecord {
  const record = records[kind];
  if (record === undefined) throw new Error(`there is no record of ${kind}`);
  return record;
}

const countOf = ({ histogram }: LatencyRecord) => decodeFromCompressedBase64(histogram).totalCount;

/** Three significant digits. */
function expectMs(value: number, ms: number): void {
  expect(value).toBeGreaterThanOrEqual(ms * 0.999);
  expect(value).toBeLessThanOrEqual(ms * 1.001);
}

describe('a closed loop', () => {
  /** A client that sends each millisecond for 9 s, and once waits for a whole second. */
  function stalled(): LatencyRecord {
    const latencies = new Latencies(false);
    for (let sent = 0; sent < 9000; sent += 1) latencies.record('update', 1, 1);
    latencies.record('update', 1000, 1000);
    return recordOf(latencies.take(1), 'all');
  }

  it('charges a client that was held up for what it would have sent meanwhile', () => {
    const { corrected, raw } = stalled();
    // Raw, one of 9,001 was slow. In truth one of ten milliseconds was one in which an operation would have been.
    for (const quantile of ['p50', 'p90', 'p99', 'p999'] as const) expectMs(raw[quantile], 1);
    expectMs(corrected.p50, 1);
    // 10,000 operations: 9,001 of 1 ms, and one of each whole millisecond from 2 to 1000.
    expectMs(corrected.p99, 900);
    expectMs(corrected.p999, 990);
    for (const { max } of [corrected, raw]) expectMs(max, 1000);
    expectMs(corrected.mean, (9000 + (1000 * 1001) / 2) / 10_000);
    expectMs(raw.mean, 10_000 / 9001);
  });

  it('leaves alone what is within its cycle', () => {
    const latencies = new Latencies(false);
    for (let sent = 0; sent < 100; sent += 1) latencies.record('update', 10, 10);
    const record = recordOf(latencies.take(10), 'all');
    expect(countOf(record)).toBe(100);
    expectMs(record.corrected.p50, 10);
  });

  it('knows no due times', () => {
    const latencies = new Latencies(false);
    latencies.record('update', 1, 5000);
    expectMs(recordOf(latencies.take(1000), 'all').corrected.max, 1);
  });

  it('gives the histogram that it has corrected, for others to read', () => {
    const record = stalled();
    const decoded = decodeFromCompressedBase64(record.histogram);
    expect(decoded.totalCount).toBe(10_000);
    expect(decoded.maxValue).toBeGreaterThanOrEqual(1_000_000);
    for (const [percentile, told] of [
      [50, record.corrected.p50],
      [99, record.corrected.p99],
      [99.9, record.corrected.p999],
    ] as const) {
      expect(decoded.getValueAtPercentile(percentile)).toBe(Math.round(told * 1000));
    }
    expect(decoded.mean / 1000).toBeCloseTo(record.corrected.mean, 6);
  });
});

describe('an open loop', () => {
  it('counts from when operations were due, and corrects nothing more', () => {
    const latencies = new Latencies(true);
    for (const dueMs of [1, 20, 300, 4000]) latencies.record('read', 1, dueMs);
    const record = recordOf(latencies.take(1), 'all');
    expect(countOf(record)).toBe(4);
    expectMs(record.raw.max, 1);
    expectMs(record.corrected.p50, 20);
    expectMs(record.corrected.max, 4000);
  });
});

describe('quantiles', () => {
  it('never lie above the slowest', () => {
    const latencies = new Latencies(true);
    latencies.record('read', 10, 10);
    const { raw } = recordOf(latencies.take(1), 'all');
    expect(raw).toEqual({ p50: 10, p90: 10, p99: 10, p999: 10, max: 10, mean: raw.mean });
  });
});

describe('kinds', () => {
  it('are told apart, and together are all', () => {
    const latencies = new Latencies(true);
    for (let count = 0; count < 30; count += 1) latencies.record('read', 1, 1);
    for (let count = 0; count < 10; count += 1) latencies.record('update', 8, 8);
    const records = latencies.take(1);
    expect(Object.keys(records)).toEqual(['all', 'read', 'update']);
    expect(['all', 'read', 'update'].map((kind) => countOf(recordOf(records, kind)))).toEqual([40, 30, 10]);
    expectMs(recordOf(records, 'read').raw.max, 1);
    expectMs(recordOf(records, 'update').raw.p50, 8);
    expectMs(recordOf(records, 'all').corrected.p50, 1);
    expectMs(recordOf(records, 'all').corrected.p90, 8);
  });

  it('are none where nothing was recorded', () => {
    expect(new Latencies(false).take(1)).toEqual({});
    expect(new Latencies(true).take(1)).toEqual({});
  });

  it('may be very fast or very slow: from a microsecond to an hour', () => {
    const latencies = new Latencies(true);
    for (const ms of [0, -1, 1e12]) latencies.record('read', ms, ms);
    const { raw } = recordOf(latencies.take(1), 'all');
    expect(raw.p50).toBe(0.001);
    expectMs(raw.max, 3_600_000);
  });
});
