/**
 * What an operation of a register says about values: a `read` returns one, a `write` puts one there, and a `cas` of
 * `[expected, new]` does both or is refused. Minimising and explaining need it, and so does the durable check.
 */
import type { CompletedOperation, Operation } from '../../contracts/operations.ts';

/** A value as a key of a map: values are JSON and compared as such. */
export type ValueKey = string;

export const valueKey = (value: unknown): ValueKey => JSON.stringify(value) ?? 'null';

/** Nothing has been written yet. */
export const nothing: ValueKey = 'null';

function argument(operation: CompletedOperation, index: 0 | 1): ValueKey {
  return valueKey(Array.isArray(operation.value) ? operation.value[index] : undefined);
}

/** What is needed to see how an operation ended. */
type Ended = Operation & Pick<CompletedOperation, 'type' | 'result'>;

export function isRefusedCas(operation: Ended): boolean {
  return operation.f === 'cas' && operation.type === 'ok' && operation.result !== true;
}

/** Whether it certainly changed nothing, whatever the state was. A `read` is one in every workload. */
export function leavesStateAlone(operation: Ended): boolean {
  return operation.type === 'ok' && (operation.f === 'read' || isRefusedCas(operation));
}

/** Whether it is an operation of a register at all; for others nothing here holds. */
export function isRegisterOperation(operation: CompletedOperation): boolean {
  return operation.f === 'read' || operation.f === 'write' || operation.f === 'cas';
}

/** The value that it put there, or may have where its outcome is unknown; null for one that cannot have put any. */
export function writtenValue(operation: CompletedOperation): ValueKey | null {
  if (operation.type === 'fail' || isRefusedCas(operation)) return null;
  if (operation.f === 'write') return valueKey(operation.value);
  return operation.f === 'cas' ? argument(operation, 1) : null;
}

/** The value that it shows to have been there; null where it shows none. A cas of unknown outcome shows nothing. */
export function observedValue(operation: CompletedOperation): ValueKey | null {
  if (operation.type !== 'ok') return null;
  if (operation.f === 'read') return valueKey(operation.result);
  return operation.f === 'cas' && operation.result === true ? argument(operation, 0) : null;
}

/** The value that a cas wants to find, whatever came of it; null for other operations. */
export function expectedValue(operation: CompletedOperation): ValueKey | null {
  return operation.f === 'cas' ? argument(operation, 0) : null;
}

/** Acknowledged, and so promised to be there from then on. */
export function isAcknowledgedWrite(operation: CompletedOperation): boolean {
  return operation.type === 'ok' && writtenValue(operation) !== null;
}

/** Groups operations by a value that they have to do with; those with none are left out. */
export function byValue<T extends CompletedOperation>(
  operations: readonly T[],
  value: (operation: T) => ValueKey | null,
): Map<ValueKey, T[]> {
  const groups = new Map<ValueKey, T[]>();
  for (const operation of operations) {
    const key = value(operation);
    if (key === null) continue;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [operation]);
    else group.push(operation);
  }
  return groups;
}
