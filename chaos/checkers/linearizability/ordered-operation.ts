/** Operations with their places in the history, which is what decides which came before which. */
import type { CompletedOperation, HistoryEvent } from '../../contracts/operations.ts';
import { pairOperations } from '../../history.ts';

/**
 * An operation and the places (indices in the history) of its two events. Places and not times decide the order: events
 * of the same millisecond have an order in the history, and it is the one in which the recorder saw them.
 */
export interface OrderedOperation extends CompletedOperation {
  readonly invokeIndex: number;
  /** Infinity where nobody knows when, or whether, it took effect. */
  readonly completeIndex: number;
}

/** All operations of a history in order of invocation, with their places. */
export function orderOperations(history: readonly HistoryEvent[]): OrderedOperation[] {
  const invokeIndexes: number[] = [];
  const completeIndexes = new Map<number, number>();
  for (let index = 0; index < history.length; index++) {
    const event = history[index] as HistoryEvent;
    if (event.type === 'invoke') invokeIndexes.push(index);
    else if (event.type !== 'info') completeIndexes.set(event.op, index);
  }
  // Spelled out rather than spread: objects of one shape make the search several times as fast.
  return pairOperations(history).map((paired, order) => ({
    op: paired.op,
    process: paired.process,
    f: paired.f,
    key: paired.key,
    value: paired.value,
    invokeMs: paired.invokeMs,
    completeMs: paired.completeMs,
    type: paired.type,
    result: paired.result,
    invokeIndex: invokeIndexes[order] ?? 0,
    completeIndex: completeIndexes.get(paired.op) ?? Number.POSITIVE_INFINITY,
  }));
}

/**
 * Whether an operation can bear on linearizability. One that failed did not happen. A read of unknown outcome changes
 * nothing and showed nothing to anybody, so a history fits a single copy with it exactly if it does without it.
 */
export function matters(operation: CompletedOperation): boolean {
  return operation.type === 'ok' || (operation.type === 'info' && operation.f !== 'read');
}

/** Groups by key; each group keeps its order. Keys come in the order of their first operation. */
export function groupByKey<T extends CompletedOperation>(operations: readonly T[]): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const operation of operations) {
    const group = groups.get(operation.key);
    if (group === undefined) groups.set(operation.key, [operation]);
    else group.push(operation);
  }
  return groups;
}
