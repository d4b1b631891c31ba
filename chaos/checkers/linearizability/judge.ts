/** Judges the operations of all keys: each key alone, the first illegal one ends it. */
import type { CheckLimits, CheckResult, Model } from '../../contracts.ts';
import { explain } from './explain.ts';
import { minimise } from './minimise.ts';
import { groupByKey, matters, type OrderedOperation } from './ordered-operation.ts';
import { type SearchResult, search } from './wgl.ts';

export type Judgement = Omit<CheckResult, 'check' | 'kind'>;

const figure = (value: number): string => value.toLocaleString('en-US');

/**
 * Whether the operations on each key fit a single copy. Each key may use an equal share of what is left of the limits, so
 * that a hard one cannot hide an illegal one behind it.
 *
 * @param operations - of all keys, in order of invocation, those that failed included
 */
export function judge<S>(model: Model<S>, operations: readonly OrderedOperation[], limits: CheckLimits): Judgement {
  const groups = groupByKey(operations.filter(matters));
  const completed = operations.filter((operation) => operation.type === 'ok').length;
  if (completed === 0) {
    return { verdict: 'unknown', summary: 'No operation succeeded, so there is nothing to judge.', evidence: [] };
  }
  const startedAt = performance.now();
  let states = limits.maxStates;
  let keysLeft = groups.size;
  const undecided: string[] = [];
  for (const [key, group] of groups) {
    const timeMs = (limits.timeMs - (performance.now() - startedAt)) / keysLeft;
    const result = search(model, group, { timeMs, maxStates: Math.floor(states / keysLeft) });
    keysLeft -= 1;
    states -= result.configurations;
    if (result.verdict === 'illegal') return illegalKey(model, key, group, result, operations);
    if (result.verdict === 'unknown') undecided.push(`${key} (${result.limit} limit)`);
  }
  if (undecided.length > 0) return undecidedKeys(undecided, groups.size, limits);
  const unknown = operations.filter((operation) => operation.type === 'info').length;
  const summary =
    `${figure(completed)} completed operations and ${figure(unknown)} of unknown outcome ` +
    `on ${figure(groups.size)} keys fit a single copy of each key.`;
  return { verdict: 'valid', summary, evidence: [] };
}

function illegalKey<S>(
  model: Model<S>,
  key: string,
  group: readonly OrderedOperation[],
  found: Extract<SearchResult<S>, { verdict: 'illegal' }>,
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

function undecidedKeys(undecided: readonly string[], keys: number, limits: CheckLimits): Judgement {
  return {
    verdict: 'unknown',
    summary:
      `Not decided within ${figure(limits.timeMs)} ms and ${figure(limits.maxStates)} configurations: ` +
      `${undecided.slice(0, 5).join(', ')}${undecided.length > 5 ? ', ...' : ''}; ` +
      `${figure(keys - undecided.length)} of ${figure(keys)} keys fit a single copy.`,
    evidence: [],
  };
}
