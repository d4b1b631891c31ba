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

interface Kind {
  /** From when an operation was sent. */
  readonly sent: Histogram;
  /** From when it was due; absent in a closed loop, where nothing is ever due. */
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
    sent.recordValue(microseconds(sinceSentMs));
    due?.recordValue(microseconds(sinceDueMs));
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
      all.sent.add(kind.sent);
      if (kind.due !== undefined) all.due?.add(kind.due);
      records[name] = recordOf(kind, cycleMs);
    }
    return all.sent.totalCount === 0 ? {} : { all: recordOf(all, cycleMs), ...records };
  }

  #add(name: string): Kind {
    const kind = { sent: emptyHistogram(), due: this.#open ? emptyHistogram() : undefined };
    this.#kinds.set(name, kind);
    return kind;
  }
}

function recordOf({ sent, due }: Kind, cycleMs: number): LatencyRecord {
  const corrected = due ?? sent.copyCorrectedForCoordinatedOmission(microseconds(cycleMs));
  return { corrected: latencyOf(corrected), raw: latencyOf(sent), histogram: encodeIntoCompressedBase64(corrected) };
}

function latencyOf(histogram: Histogram): Latency {
  const { maxValue, mean } = histogram;
  // A percentile is the upper end of a bucket, which may lie above all that was recorded.
  const at = (percentile: number) => Math.min(histogram.getValueAtPercentile(percentile), maxValue) / 1000;
  return { p50: at(50), p90: at(90), p99: at(99), p999: at(99.9), max: maxValue / 1000, mean: mean / 1000 };
}
