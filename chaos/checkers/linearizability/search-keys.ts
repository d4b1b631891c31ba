/** Searches all keys, easy answers first. */
import type { CheckLimits } from '../../contracts/verdict.ts';
import type { Model } from '../../contracts/workloads.ts';
import { type SearchOperation, type SearchResult, search } from './wgl.ts';

export interface IllegalKey<S> {
  readonly key: string;
  readonly result: Extract<SearchResult<S>, { readonly verdict: 'illegal' }>;
}

export interface KeysResult<S> {
  /** The first illegal key that was found; the search ends with it. */
  readonly illegal: IllegalKey<S> | null;
  /** The keys without an answer, and the limit that each ran into. */
  readonly undecided: ReadonlyMap<string, 'time' | 'states'>;
}

/** Configurations a key in the first round; each further round allows so many times as many. */
const firstRound = 20_000;
const growth = 16;

/**
 * Goes through the keys in rounds with growing limits, so that a hard key does not hide an illegal one behind it: one
 * illegal key decides the whole.
 *
 * @param limits - the time is for all keys together, the configurations are for each
 */
export function searchKeys<S>(
  model: Model<S>,
  groups: ReadonlyMap<string, readonly SearchOperation[]>,
  limits: CheckLimits,
): KeysResult<S> {
  const startedAt = performance.now();
  const undecided = new Map<string, 'time' | 'states'>([...groups.keys()].map((key) => [key, 'states']));
  for (let maxStates = firstRound; undecided.size > 0; maxStates *= growth) {
    const allowed = Math.min(maxStates, limits.maxStates);
    let keysLeft = undecided.size;
    for (const key of [...undecided.keys()]) {
      const timeMs = (limits.timeMs - (performance.now() - startedAt)) / keysLeft;
      keysLeft -= 1;
      const result = search(model, groups.get(key) ?? [], { timeMs, maxStates: allowed });
      if (result.verdict === 'illegal') return { illegal: { key, result }, undecided };
      if (result.verdict === 'legal') undecided.delete(key);
      else undecided.set(key, result.limit);
    }
    const isLate = performance.now() - startedAt >= limits.timeMs;
    if (allowed === limits.maxStates || isLate) break;
  }
  return { illegal: null, undecided };
}
