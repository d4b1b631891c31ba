/** Which writes belong together, so that a history can do without them: the sound reductions of `minimise.ts`. */
import type { OrderedOperation } from './ordered-operation.ts';
import {
  byValue,
  expectedValue,
  isRefusedCas,
  leavesStateAlone,
  nothing,
  observedValue,
  type ValueKey,
  writtenValue,
} from './register-vocabulary.ts';

/**
 * What is left around `last` where it is left alone with the writes of all values that it has to do with, and what those
 * follow from: every other read and refusal goes, and every other family. Null where that would not be sound.
 */
export function foundationOf(
  last: ReadonlySet<OrderedOperation>,
  operations: readonly OrderedOperation[],
): OrderedOperation[] | null {
  const changing = operations.filter((operation) => last.has(operation) || !leavesStateAlone(operation));
  const writers = byValue(changing, writtenValue);
  const needed = new Set<ValueKey>();
  const open = [...last];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const value of [writtenValue(next), observedValue(next), expectedValue(next)]) {
      if (value === null || needed.has(value)) continue;
      needed.add(value);
      open.push(...(writers.get(value) ?? []));
    }
  }
  const leaving = family(
    changing,
    [...writers.keys()].filter((value) => !needed.has(value)),
  );
  return leaving === null ? null : changing.filter((operation) => !leaving.has(operation));
}

/**
 * The writes of `seeds` and all that follows from them: whoever saw such a value or wanted to find it, and, where that was
 * a cas that put a value of its own there, the same for that value, and so on. Null where leaving it out would not be
 * sound, as where it writes what is there from the beginning.
 *
 * Let V be the values that the family writes, and take an order that fits. As nobody else writes them, the state is in V
 * exactly where the last effective write is of the family. A remaining operation that saw u saw a u outside V, whose
 * write remains; no write came in between in the order, so none does without the family. Remaining cas of unknown outcome
 * want a value outside V, and are the same. So the order fits without the family, but for a refused cas, which might now
 * find what it wanted: a value e outside V. For that, some member g came between the write of e and the refused cas. This
 * cannot be where every writing member completed before the write of e was invoked, or was invoked after the refusal.
 */
export function family(
  operations: readonly OrderedOperation[],
  seeds: readonly ValueKey[],
): Set<OrderedOperation> | null {
  const writers = byValue(operations, writtenValue);
  const followers = byValue(operations, (operation) =>
    isRefusedCas(operation) ? null : (observedValue(operation) ?? expectedValue(operation)),
  );
  const members = new Set<OrderedOperation>();
  const values = [...seeds];
  const reached = new Set(values);
  for (let next = values.pop(); next !== undefined; next = values.pop()) {
    const writing = writers.get(next) ?? [];
    if (writing.length > 1 || next === nothing) return null;
    for (const member of [...writing, ...(followers.get(next) ?? [])]) {
      members.add(member);
      const written = writtenValue(member);
      if (written === null || reached.has(written)) continue;
      reached.add(written);
      values.push(written);
    }
  }
  const refusals = operations.filter(isRefusedCas);
  return refusals.every((refusal) => staysRefused(refusal, writers, members)) ? members : null;
}

function staysRefused(
  refusal: OrderedOperation,
  writers: ReadonlyMap<ValueKey, readonly OrderedOperation[]>,
  members: ReadonlySet<OrderedOperation>,
): boolean {
  const [writer, another] = writers.get(expectedValue(refusal) ?? '') ?? [];
  if (another !== undefined) return false;
  if (writer !== undefined && members.has(writer)) return true;
  // Without a writer the value is there from the beginning, or never: nothing comes before it.
  const writtenFrom = writer?.invokeIndex ?? Number.NEGATIVE_INFINITY;
  return [...members].every(
    (member) =>
      writtenValue(member) === null || member.completeIndex < writtenFrom || member.invokeIndex > refusal.completeIndex,
  );
}
