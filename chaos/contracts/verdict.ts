/** What checkers find. */
import type { Span } from '../spans.ts';
import type { Recording } from './events.ts';
import type { RunStatistics } from './statistics.ts';

/** Limits that keep a check from running away; past them its verdict is `unknown`. */
export interface CheckLimits {
  readonly timeMs: number;
  readonly maxStates: number;
}

/** What a property is about, and so what its violation means. */
export type PropertyKind = 'safety' | 'liveness' | 'coverage';

/** Operations or events that contradict each other, for a person to read. */
export interface Evidence {
  /** Plain words, one sentence each, in the order in which they should be read. */
  readonly sentences: readonly string[];
  /** The window, in milliseconds since load began. */
  readonly fromMs: number;
  readonly toMs: number;
  /** The operations of the history that it is about, by number; empty where it is about events. */
  readonly ops: readonly number[];
}

export interface CheckResult {
  readonly check: string;
  readonly kind: PropertyKind;
  readonly verdict: 'valid' | 'invalid' | 'unknown';
  /** The outcome in a sentence. */
  readonly summary: string;
  /** What was measured, where there is a figure, beside its limit. */
  readonly value?: number;
  readonly limit?: number;
  readonly unit?: string;
  readonly evidence: readonly Evidence[];
}

/** The default export of `checkers/<name>.ts`. Pure: recording in, result out. */
export interface Checker {
  readonly summary: string;
  readonly kind: PropertyKind;
  readonly check: (recording: Recording, limits: CheckLimits) => Promise<Omit<CheckResult, 'check' | 'kind'>>;
}

/**
 * `OUTSIDE FAULT MODEL`: more replicas were malicious than the protocol stands, or any for one that stands crashes alone. What
 * was found says what that does to it, and nothing against the protocol.
 */
export type Outcome =
  | 'PASS'
  | 'FAIL (safety)'
  | 'FAIL (liveness)'
  | 'INCONCLUSIVE'
  | 'OUTSIDE FAULT MODEL'
  | 'LAB ERROR';

export interface Verdict {
  readonly outcome: Outcome;
  /** The verdict in a sentence or two, with the figures that matter. */
  readonly sentence: string;
  readonly checks: readonly CheckResult[];
  readonly statistics: RunStatistics;
  /** When no quorum was left while the load ran; see `quorum-left.ts`. */
  readonly withoutQuorum: readonly Span[];
  readonly exitCode: number;
}
