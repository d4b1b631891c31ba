/** What clients do, and what must come of it. */
import type { RandomSource } from './faults.ts';
import type { CompletedOperation, Completion, Operation } from './operations.ts';

/** A running stream of operations. */
export interface OperationSource {
  next(process: number): Operation;
  /** What the load learned; generators aim compare-and-set operations with it. */
  learn(op: Operation, completion: Completion): void;
  /** The operations that read everything back at the end. */
  readBack(): Operation[];
}

/** A sequential specification: what a single copy would do. States are compared by `stateKey`. */
export interface Model<S> {
  readonly initial: S;
  /** The state after `op` returned `result`, or null where a single copy could not have answered so. */
  readonly step: (state: S, op: Operation, result: unknown, known: boolean) => { readonly state: S } | null;
  readonly stateKey: (state: S) => string | number;
  /** Plain words, such as `write 5 to k1` or `read k1 -> 5`. */
  readonly describe: (op: CompletedOperation) => string;
  readonly describeState: (state: S) => string;
}

/** The default export of `workloads/<name>.ts`. */
export interface Workload<S> {
  readonly summary: string;
  /** The kinds of operations that it issues with these params; each must succeed under fault, or the run proves nothing. */
  readonly kinds: (params: unknown) => readonly string[];
  readonly parse: (params: unknown) => unknown;
  readonly source: (params: unknown, random: RandomSource) => OperationSource;
  /** Keys are independent of each other (P-compositionality): each is checked alone against this model. */
  readonly model: Model<S>;
}
