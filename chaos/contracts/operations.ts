/** What clients did, and what became of it: the history. */

/** An operation of a workload, before it is invoked. Values are JSON. */
export interface Operation {
  /** The kind: `read`, `write`, `cas`, ... */
  readonly f: string;
  readonly key: string;
  /** The argument: a value to write, or `[expected, new]` for a cas; null for a read. */
  readonly value: unknown;
}

/**
 * How an operation ended. `ok`: it happened, and `value` is its result (what a read saw; true or false for a cas).
 * `fail`: it certainly did not happen. `info`: nobody knows (a time-out, a broken connection).
 */
export interface Completion {
  readonly type: 'ok' | 'fail' | 'info';
  readonly value: unknown;
  readonly error?: string;
}

/** One line of `history.jsonl`. Times are milliseconds since load began. */
export type HistoryEvent =
  | {
      readonly type: 'invoke';
      readonly op: number;
      readonly process: number;
      readonly atMs: number;
      readonly f: string;
      readonly key: string;
      readonly value: unknown;
    }
  | {
      readonly type: 'ok' | 'fail' | 'info';
      readonly op: number;
      readonly process: number;
      readonly atMs: number;
      readonly value: unknown;
      readonly error?: string;
    };

/** An operation with both of its ends, as checkers read it. */
export interface CompletedOperation extends Operation {
  readonly op: number;
  readonly process: number;
  readonly invokeMs: number;
  /** Infinity where the outcome is unknown. */
  readonly completeMs: number;
  readonly type: 'ok' | 'fail' | 'info';
  /** What came back; see `Completion`. */
  readonly result: unknown;
}
