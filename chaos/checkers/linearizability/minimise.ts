/**
 * Makes a history of one key that fits no order as small as possible, for a person to read. Every reduction is sound:
 * it turns a history that fits a single copy into one that still does, so a reduced history that does not fit proves
 * that the whole one does not.
 *
 * - *A prefix.* Cut an order of the whole history after the last operation that completed in the prefix: what is left is
 *   an order of the prefix, in which operations that had not completed yet count as unknown. So linearizability is closed
 *   under prefixes (Herlihy and Wing, 1990, section 3), and the shortest bad one can be found by bisection.
 * - *Without a read or a refused cas.* They leave the state as it is, so an order fits without them.
 * - *Without writes and all that follows from their values* (`family.ts`); the proof is there.
 */
import type { Model } from '../../contracts/workloads.ts';
import { family, foundationOf } from './family.ts';
import type { OrderedOperation } from './ordered-operation.ts';
import { matters } from './ordered-operation.ts';
import { isRefusedCas, isRegisterOperation, writtenValue } from './register-vocabulary.ts';
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
  const near = windowBefore(operations, stuck, trial);
  const prefix = near ?? shortestBadPrefix(operations, stuck, trial);
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

/** How many of the operations just before the search got stuck are looked at first, and by how much they grow. */
const firstNear = 8;
const nearGrowth = 4;

/**
 * The last operations up to where the search got stuck, with all that they rest on; null where none of these windows is
 * bad. What went wrong most often shows in few of them, and a long history may cost more than the whole budget to search.
 */
function windowBefore<S>(
  operations: readonly OrderedOperation[],
  stuck: number,
  trial: Trial<S>,
): OrderedOperation[] | null {
  const end = operations[stuck];
  const prefix = prefixUpTo(operations, end?.completeIndex ?? 0);
  if (!prefix.every(isRegisterOperation)) return null;
  for (let count = firstNear; count < prefix.length; count *= nearGrowth) {
    const last = prefix.filter((operation, index) => operation === end || index >= prefix.length - count);
    const window = foundationOf(new Set(last), prefix);
    if (window !== null && trial.isBad(window)) return window;
  }
  return null;
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
    const leaving = family(window, [value]);
    if (leaving === null) continue;
    const attempt = window.filter((candidate) => !leaving.has(candidate));
    if (trial.isBad(attempt)) window = attempt;
  }
  return window;
}
