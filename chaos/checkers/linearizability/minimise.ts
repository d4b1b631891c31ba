/**
 * Makes a history of one key that fits no order as small as possible, for a person to read. Every reduction is sound:
 * it turns a history that fits a single copy into one that still does, so a reduced history that does not fit proves
 * that the whole one does not.
 *
 * - *A prefix.* Cut an order of the whole history after the last operation that completed in the prefix: what is left is
 *   an order of the prefix, in which operations that had not completed yet count as unknown. So linearizability is closed
 *   under prefixes (Herlihy and Wing, 1990, section 3), and the shortest bad one can be found by bisection.
 * - *Without a read or a refused cas.* They leave the state as it is, so an order fits without them.
 * - *Without a write and all that follows from its value* (`family`); the proof is there.
 */
import type { Model } from '../../contracts.ts';
import type { OrderedOperation } from './ordered-operation.ts';
import { matters } from './ordered-operation.ts';
import {
  byValue,
  expectedValue,
  isRefusedCas,
  isRegisterOperation,
  observedValue,
  type ValueKey,
  writtenValue,
} from './register-vocabulary.ts';
import { search } from './wgl.ts';

/** What minimising may cost. Counted rather than timed, so that the same history always shrinks to the same window. */
export interface MinimiseBudget {
  /** Operations and configurations looked at, over all attempts. */
  readonly work: number;
  /** Configurations of one attempt. */
  readonly maxStates: number;
}

export const defaultMinimiseBudget: MinimiseBudget = { work: 1_000_000, maxStates: 20_000 };

/**
 * The smallest failing window that the budget allows.
 *
 * @param operations - one key's, in order of invocation, known not to fit `model`
 * @param stuck - index of an operation such that everything that completed before it does fit (`SearchResult.stuck`)
 */
export function minimise<S>(
  model: Model<S>,
  operations: readonly OrderedOperation[],
  stuck: number,
  budget: MinimiseBudget = defaultMinimiseBudget,
): OrderedOperation[] {
  const trial = new Trial(model, budget);
  const prefix = shortestBadPrefix(operations, stuck, trial);
  if (!prefix.every(isRegisterOperation)) return withoutUnits(prefix, readsOf(prefix), trial);
  let window = prefix;
  for (let before = -1; window.length !== before; ) {
    before = window.length;
    window = withoutUnits(window, unobtrusive(window), trial);
    window = withoutFamilies(window, trial);
  }
  return window;
}

class Trial<S> {
  private readonly model: Model<S>;
  private readonly maxStates: number;
  private work: number;

  constructor(model: Model<S>, budget: MinimiseBudget) {
    this.model = model;
    this.maxStates = budget.maxStates;
    this.work = budget.work;
  }

  /** True only where the search says so for certain; once the budget is used up nothing is certain any more. */
  isBad(operations: readonly OrderedOperation[]): boolean {
    if (this.work <= 0) return false;
    const limits = { timeMs: Number.POSITIVE_INFINITY, maxStates: this.maxStates };
    const result = search(this.model, operations, limits);
    this.work -= operations.length + result.configurations;
    return result.verdict === 'illegal';
  }
}

/** What had happened when the event at `index` was recorded; an operation that was still open counts as unknown. */
function prefixUpTo(operations: readonly OrderedOperation[], index: number): OrderedOperation[] {
  return operations
    .filter((operation) => operation.invokeIndex <= index)
    .map((operation): OrderedOperation => {
      if (operation.completeIndex <= index) return operation;
      const infinity = Number.POSITIVE_INFINITY;
      return { ...operation, type: 'info', result: null, completeIndex: infinity, completeMs: infinity };
    })
    .filter(matters);
}

function shortestBadPrefix<S>(
  operations: readonly OrderedOperation[],
  stuck: number,
  trial: Trial<S>,
): OrderedOperation[] {
  const from = operations[stuck]?.completeIndex ?? 0;
  const ends = operations
    .map((operation) => operation.completeIndex)
    .filter((index) => Number.isFinite(index) && index >= from)
    .sort((a, b) => a - b);
  // Most often the prefix up to the first of them is bad already: only then does what was open tell nothing of use.
  let low = 0;
  let high = ends.length - 1;
  for (let probe = 0; low < high; probe = (low + high) >> 1) {
    if (trial.isBad(prefixUpTo(operations, ends[probe] ?? 0))) high = probe;
    else low = probe + 1;
  }
  return prefixUpTo(operations, ends[high] ?? Number.POSITIVE_INFINITY);
}

const readsOf = (operations: readonly OrderedOperation[]) => operations.filter((operation) => operation.f === 'read');

/** Operations that leave the state as it is. */
const unobtrusive = (operations: readonly OrderedOperation[]) =>
  operations.filter((operation) => operation.f === 'read' || isRefusedCas(operation));

/** Leaves out as many of `units` as it can, large chunks first (Zeller and Hildebrandt's delta debugging). */
function withoutUnits<S>(
  operations: OrderedOperation[],
  units: readonly OrderedOperation[],
  trial: Trial<S>,
): OrderedOperation[] {
  let window = operations;
  let left = units;
  for (let size = left.length; size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let start = 0; start < left.length; ) {
      const chunk = new Set(left.slice(start, start + size));
      const attempt = window.filter((operation) => !chunk.has(operation));
      if (trial.isBad(attempt)) {
        window = attempt;
        left = left.filter((operation) => !chunk.has(operation));
      } else {
        start += size;
      }
    }
  }
  return window;
}

/** Leaves out as many families of writes as it can. */
function withoutFamilies<S>(operations: OrderedOperation[], trial: Trial<S>): OrderedOperation[] {
  let window = operations;
  for (const operation of operations) {
    const value = writtenValue(operation);
    if (value === null || !window.includes(operation)) continue;
    const leaving = family(window, value);
    if (leaving === null) continue;
    const attempt = window.filter((candidate) => !leaving.has(candidate));
    if (trial.isBad(attempt)) window = attempt;
  }
  return window;
}

/**
 * A write of `value` and all that follows from it: whoever saw the value or wanted to find it, and, where that was a cas
 * that put a value of its own there, the same for that value, and so on. Null where leaving it out would not be sound.
 *
 * Let V be the values that the family writes, and take an order that fits. As nobody else writes them, the state is in V
 * exactly where the last effective write is of the family. A remaining operation that saw u saw a u outside V, whose
 * write remains; no write came in between in the order, so none does without the family. Remaining cas of unknown outcome
 * want a value outside V, and are the same. So the order fits without the family, but for a refused cas, which might now
 * find what it wanted: a value e outside V. For that, some member g came between the write of e and the refused cas. This
 * cannot be where every writing member completed before the write of e was invoked, or was invoked after the refusal.
 */
export function family(operations: readonly OrderedOperation[], value: ValueKey): Set<OrderedOperation> | null {
  const writers = byValue(operations, writtenValue);
  const followers = byValue(operations, (operation) =>
    isRefusedCas(operation) ? null : (observedValue(operation) ?? expectedValue(operation)),
  );
  const members = new Set<OrderedOperation>();
  const values: ValueKey[] = [value];
  const reached = new Set(values);
  for (let next = values.pop(); next !== undefined; next = values.pop()) {
    const writing = writers.get(next) ?? [];
    if (writing.length > 1) return null;
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
