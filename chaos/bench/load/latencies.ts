/**
 * Latencies by kind of operation, in HDR histograms, corrected for coordinated omission: a client that waits sends nothing,
 * so a stall would be seen once where it would have hit many. Source: G. Tene, "How NOT to Measure Latency"; HdrHistogram.
 */
import { build, encodeIntoCompressedBase64, type Histogram } from 'hdr-histogram-js';
import type { Latency, LatencyRecord } from '../contracts.ts';

const maxMicroseconds = 3_600_000_000;

/** From a microsecond to an hour, to three significant digits. */
function emptyHistogram(): Histogram {
  return build({
    bitBucketSize: 32,
    lowestDiscernibleValue: 1,
    highestTrackableValue: maxMicroseconds,
    numberOfSignificantValueDigits: 3,
  });
}

function microseconds(ms: number): number {
  return Math.min(maxMicroseconds, Math.max(1, Math.round(ms * 1000)));
}

/** Latencies below this are counted by the microsecond, and reach a histogram when it is asked for: finding a bucket is slow. */
const countedMicroseconds = 1 << 17;

class Recorder {
  readonly #histogram = emptyHistogram();
  readonly #counts = new Uint32Array(countedMicroseconds);

  record(ms: number): void {
    const value = microseconds(ms);
    if (value < countedMicroseconds) this.#counts[value] = (this.#counts[value] as number) + 1;
    else this.#histogram.recordValue(value);
  }

  histogram(): Histogram {
    for (const [value, count] of this.#counts.entries()) {
      if (count > 0) this.#histogram.recordValueWithCount(value, count);
    }
    this.#counts.fill(0);
    return this.#histogram;
  }
}

interface Kind {
  /** From when an operation was sent. */
  readonly sent: Recorder;
  /** From when it was due; absent in a closed loop, where nothing is ever due. */
  readonly due: Recorder | undefined;
}

interface Histograms {
  readonly sent: Histogram;
  readonly due: Histogram | undefined;
}

export class Latencies {
  readonly #open: boolean;
  readonly #kinds = new Map<string, Kind>();

  /** @param open - whether operations are due at times of their own */
  constructor(open: boolean) {
    this.#open = open;
  }

  record(kind: string, sinceSentMs: number, sinceDueMs: number): void {
    const { sent, due } = this.#kinds.get(kind) ?? this.#add(kind);
    sent.record(sinceSentMs);
    due?.record(sinceDueMs);
  }

  /**
   * The records by kind, and those of `all`.
   *
   * @param cycleMs - how often a client of a closed loop sent, in the mean
   */
  take(cycleMs: number): Record<string, LatencyRecord> {
    const all = { sent: emptyHistogram(), due: this.#open ? emptyHistogram() : undefined };
    const records: Record<string, LatencyRecord> = {};
    for (const [name, kind] of this.#kinds) {
      const histograms = { sent: kind.sent.histogram(), due: kind.due?.histogram() };
      all.sent.add(histograms.sent);
      if (histograms.due !== undefined) all.due?.add(histograms.due);
      records[name] = recordOf(histograms, cycleMs);
    }
    return all.sent.totalCount === 0 ? {} : { all: recordOf(all, cycleMs), ...records };
  }

  #add(name: string): Kind {
    const kind = { sent: new Recorder(), due: this.#open ? new Recorder() : undefined };
    this.#kinds.set(name, kind);
    return kind;
  }
}

function recordOf({ sent, due }: Histograms, cycleMs: number): LatencyRecord {
  const corrected = due ?? sent.copyCorrectedForCoordinatedOmission(microseconds(cycleMs));
  return { corrected: latencyOf(corrected), raw: latencyOf(sent), histogram: encodeIntoCompressedBase64(corrected) };
}

function latencyOf(histogram: Histogram): Latency {
  const { maxValue, mean } = histogram;
  // A percentile is the upper end of a bucket, which may lie above all that was recorded.
  const at = (percentile: number) => Math.min(histogram.getValueAtPercentile(percentile), maxValue) / 1000;
  return { p50: at(50), p90: at(90), p99: at(99), p999: at(99.9), max: maxValue / 1000, mean: mean / 1000 };
}
