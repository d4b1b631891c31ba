/** Judges the operations of all keys: each key alone, the first illegal one ends it. */
import type { CheckLimits, CheckResult } from '../../contracts/verdict.ts';
import type { Model } from '../../contracts/workloads.ts';
import { explain } from './explain.ts';
import { minimise } from './minimise.ts';
import { groupByKey, matters, type OrderedOperation } from './ordered-operation.ts';
import { type IllegalKey, searchKeys } from './search-keys.ts';
import { search } from './wgl.ts';

export type Judgement = Omit<CheckResult, 'check' | 'kind'>;

const maxNamed = 5;
const figure = (value: number): string => value.toLocaleString('en-US');

/**
 * Whether the operations on each key fit a single copy.
 *
 * @param operations - of all keys, in order of invocation, those that failed included
 */
export function judge<S>(model: Model<S>, operations: readonly OrderedOperation[], limits: CheckLimits): Judgement {
  const completed = operations.filter((operation) => operation.type === 'ok').length;
  if (completed === 0) {
    return { verdict: 'unknown', summary: 'No operation succeeded, so there is nothing to judge.', evidence: [] };
  }
  const groups = groupByKey(operations.filter(matters));
  const { illegal, undecided } = searchKeys(model, groups, limits);
  if (illegal !== null) {
    return illegalKey(model, illegal.key, groups.get(illegal.key) ?? [], illegal.result, operations);
  }
  if (undecided.size > 0) return undecidedKeys(undecided, groups.size, limits);
  const unknown = operations.filter((operation) => operation.type === 'info').length;
  const summary =
    `${figure(completed)} completed operations and ${figure(unknown)} of unknown outcome ` +
    `on ${figure(groups.size)} ${groups.size === 1 ? 'key' : 'keys'} fit a single copy of each key.`;
  return { verdict: 'valid', summary, evidence: [] };
}

function illegalKey<S>(
  model: Model<S>,
  key: string,
  group: readonly OrderedOperation[],
  found: IllegalKey<S>['result'],
  all: readonly OrderedOperation[],
): Judgement {
  const window = minimise(model, group, found.stuck);
  const again = search(model, window, { timeMs: Number.POSITIVE_INFINITY, maxStates: Number.POSITIVE_INFINITY });
  const { stuck, states } = again.verdict === 'illegal' ? again : found;
  const last = (again.verdict === 'illegal' ? window : group)[stuck];
  if (last === undefined) throw new Error('the search named an operation that it was not given');
  const ofKey = all.filter((operation) => operation.key === key);
  return {
    verdict: 'invalid',
    summary:
      `${key} is not linearizable: ${figure(window.length)} of its ${figure(group.length)} operations ` +
      'cannot be put in an order that fits a single copy.',
    evidence: [explain({ key, model, window, stuck: last, states, all: ofKey })],
  };
}

function undecidedKeys(undecided: ReadonlyMap<string, string>, keys: number, limits: CheckLimits): Judgement {
  const named = [...undecided].slice(0, maxNamed).map(([key, limit]) => `${key} (${limit} limit)`);
  const more = undecided.size > maxNamed ? `, showing ${maxNamed} of ${undecided.size}` : '';
  return {
    verdict: 'unknown',
    summary:
      `Not decided within ${figure(limits.timeMs)} ms and ${figure(limits.maxStates)} configurations a key: ` +
      `${named.join(', ')}${more}; ${figure(keys - undecided.size)} of ${figure(keys)} keys fit a single copy.`,
    evidence: [],
  };
}
